"""Rows straight from SQLite, DuckDB and PostgreSQL: only ever read, every value as text.

A query becomes a `RawTable` like a file does. The databases themselves refuse everything but
reading; what is checked here comes first only so that the sentence is a clear one.
"""
