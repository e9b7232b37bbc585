"""Records and results as people read them."""
