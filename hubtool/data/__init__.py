"""Datasets to batches of preprocessed images with their labels."""
