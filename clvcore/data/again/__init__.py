"""The next file: what it changes, and how it is added."""
