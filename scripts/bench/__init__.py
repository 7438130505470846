"""Benchmarks: every figure a ratio to a named peer or limit, measured side by side in the same round.

    python -m scripts.bench [ROOM ...] [--rounds 3] [--no-postgres]

A room is a module here with `measure(options) → figures`. `make bench` runs all of them, prints one table and writes
`docs/benchmarks.md`. From a checkout only: the contract and databases of the tests are used.
"""
