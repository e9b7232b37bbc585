"""Why an image has no pixels."""

NO_IMAGE = "not an image that can be read"
"""The reason when a decoder gives none that helps."""


class CannotDecode(Exception):
    """An image cannot be read, decoded or resized; the message is the reason, without the image's name."""
