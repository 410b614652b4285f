"""Bytes become tables of text: what a file is, how it is written, where its rows stand."""
