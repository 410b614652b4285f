"""What becomes of every row and every cent."""
