"""Undecoded images to what a network takes."""
