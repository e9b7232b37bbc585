"""Contestants that evaluate the same photographs in turn, each in a process of its own."""
