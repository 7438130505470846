"""Liens, the off-chain half: their order by law and why, who gets what of the proceeds, who buys free of them."""
