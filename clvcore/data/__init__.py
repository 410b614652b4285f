"""Bytes, files and queries become a Dataset: cleaned, accounted for, with a content id."""
