"""Claims of cards to verdicts."""
