"""A Dataset becomes arrays: vocabularies, histories, item features, splits, purchase summaries."""
