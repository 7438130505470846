"""Batches: mass balance and provenance over the graph of batches, what a label may claim, one-time codes, seasons."""
