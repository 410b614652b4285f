"""Arrays become a trained two-tower model and its embeddings."""
