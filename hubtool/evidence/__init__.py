"""What a measurement says of a published figure, and the statement about it that others can check."""
