"""Card text to validated record, with the place of everything that is wrong with it."""
