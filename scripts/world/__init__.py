"""The synthetic world: invented parties and trees after `domain.md` 6.2, the same bytes for the same seed.

Nothing here is a real person, firm or tree; every object says `synthetic`.
"""
