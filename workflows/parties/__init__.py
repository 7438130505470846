"""Parties, the off-chain half: until when the recovery of a wallet can be vetoed."""
