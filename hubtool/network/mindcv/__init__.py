"""The networks of MindCV: a table of what they are, and cells that MindCV builds."""
