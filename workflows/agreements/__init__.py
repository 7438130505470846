"""Purchase agreements, the off-chain half: the terms both sides sign, what a breach costs, and who kept his word."""
