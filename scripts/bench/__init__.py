"""Benchmarks; each prints one table and says what it is a ratio of."""
