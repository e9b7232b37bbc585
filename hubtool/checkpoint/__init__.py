"""Checkpoint files to named arrays, without MindSpore."""
