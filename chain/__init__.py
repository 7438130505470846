"""The only code that speaks to a node."""

import os

# Keccak-256 is on every hot path; unless told, eth-hash takes pycryptodome, three times as slow.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
