"""Files that datasets are kept in, read without trusting them."""
