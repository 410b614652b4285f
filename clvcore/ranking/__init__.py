"""Embeddings become recommendations, neighbours and honest metrics beside baselines."""
