"""Subsidies off chain: the automatic check of a claim, and the public notice with masked names."""
