"""The mirror: the chain's events as SQL, as of any block, complete by proof."""
