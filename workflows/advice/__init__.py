"""Advice for growers (智慧种养): when to pick a tree and what to look out for. Kept as advice, never as fact."""
