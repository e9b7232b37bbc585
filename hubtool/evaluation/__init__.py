"""An engine over the images of a split: an answer an image, and what they come to."""
