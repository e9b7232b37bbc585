"""Ways to keep a dataset on disk, one per file."""
