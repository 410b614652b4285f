"""What the columns of a table mean: proposed with evidence, asked where it is open."""
