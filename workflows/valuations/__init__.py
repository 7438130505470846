"""Valuations, the off-chain half: what a tree is worth as collateral, why, and who computes it again when it moves."""
