"""Whole numbers as people read them."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """Fen as yuan, such as `-1,234.05`."""
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def percent(ppm: int) -> str:
    """Parts per million as percent, such as `98.5 %`."""
    return f"{ppm // 10_000}{f'.{ppm % 10_000:04d}'.rstrip('0') if ppm % 10_000 else ''} %"
