"""The public notice (公示) of subsidy claims: everybody may see who is to be paid, and nobody's whole name."""

from __future__ import annotations

MASK = "＊"
UNKNOWN = MASK * 3


def masked(name: str | None) -> str:
    """A name as a notice shows it: the family name, or the first word's first letter, and a mask for the rest.

    A Chinese name of two characters keeps its first, a longer one its first and last, as official notices do; of a name
    in letters each word keeps its first letter. How long the name is does not show.
    """
    kept = (name or "").strip()
    if len(kept) < 2:
        return UNKNOWN
    if kept.isascii():
        return " ".join(f"{word[0]}{UNKNOWN}" for word in kept.split())
    return kept[0] + MASK + (kept[-1] if len(kept) > 2 else "")
