"""The networks that hubtool builds, a folder a family."""
