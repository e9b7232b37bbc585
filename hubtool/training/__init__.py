"""Recipes to trained checkpoints."""
