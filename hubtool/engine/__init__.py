"""Networks and batches to logits, behind one protocol."""
