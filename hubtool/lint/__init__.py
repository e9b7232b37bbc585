"""Cards to diagnostics."""
