"""Trees, the off-chain half: where a tree stands, what is recorded of it, and how the law protects it."""
