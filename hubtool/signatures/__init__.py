"""What a file is, by its first and last bytes."""
