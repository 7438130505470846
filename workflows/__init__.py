"""The off-chain half of each business workflow."""
