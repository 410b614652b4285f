"""Values become what can be taken along: files for people and for other programs."""
