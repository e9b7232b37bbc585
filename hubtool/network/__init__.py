"""The networks that hubtool builds, one folder per family."""
