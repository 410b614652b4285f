"""A frame or a value in, a plotly figure out; nothing is computed here beyond layout."""
