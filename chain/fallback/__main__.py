"""`python -m chain.fallback`, with the options of anvil that Chaqi uses; started by `chain/devnet.py`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")  # in C: 0.7 us a hash against 5.9 us

from chain.fallback.server import serve


def main() -> None:
    """Serve the chain that the command line describes."""
    parser = argparse.ArgumentParser(prog="chain.fallback", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--chain-id", type=int, required=True)
    parser.add_argument("--gas-limit", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True, help="SQLite file of the chain")
    parser.add_argument("--timestamp", type=int, help="instant on the chain's clock now, UTC seconds")
    pace = parser.add_mutually_exclusive_group(required=True)
    pace.add_argument("--block-time", type=float, default=0.0, help="seconds between blocks")
    pace.add_argument("--no-mining", action="store_true", help="blocks by evm_mine only")
    given = parser.parse_args()
    serve(given.port, given.store, given.chain_id, given.gas_limit, given.block_time, given.timestamp)


main()
