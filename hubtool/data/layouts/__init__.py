"""Ways to keep a dataset on disk, one a file."""
