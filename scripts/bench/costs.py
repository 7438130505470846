"""What an act costs in gas, beside the acts of other ledgers that do the same.

Ours are the figures that the tests keep (relayed, the wallet counting its nonces); the others were measured from their
own sources with their own compiler settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from scripts.bench.figures import Figure, Options

FIGURES = Path(__file__).resolve().parents[2] / "tests" / "contracts" / "gas"
WAY = " relayed, next nonce"

PEERS = {
    "Evidence.anchor": ("EAS attest, 32 bytes", 199_900),
    "Trees.recordTransfer": ("ERC-3643 transfer", 155_742),
    "Liens.file": ("Morpho supplyCollateral, the first", 91_107),
}


def measure(_options: Options) -> Iterator[Figure]:
    """Gas of every act, with the peer's where there is one."""
    for file in sorted(FIGURES.glob("*.json")):
        for name, gas in json.loads(file.read_text()).items():
            if not name.endswith(WAY):
                continue
            act = name.removesuffix(WAY)
            peer, peers_gas = PEERS.get(act, ("", 0))
            yield Figure(act, [gas], "gas", peer, [gas / peers_gas] if peer else ())
