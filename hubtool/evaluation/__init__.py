"""An engine over the images of a split: one answer per image, and the counts."""
