"""The evidence worker as a process of its own, to be killed: `python -m … OFFCHAIN_VAR RPC_URL CHAIN_VAR`."""

from __future__ import annotations

import sys
from pathlib import Path

from chain.deploy import Deployment
from chain.offchain import open_store
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from tests.workflows.evidence.conftest import DEVNET, DirectRelay
from workflows.evidence.job import Chain, KeyAttester, anchor_pending


def work(var: str, rpc_url: str, chain_var: str) -> None:
    """Goes round until it is killed."""
    there = Settings(var_dir=Path(chain_var), rpc_url=rpc_url, offchain=None)
    domain = Deployment.load(there).domains["Evidence"]
    keys = Keystore(DEVNET / "keystore.json", there.chain_id)
    rpc = Rpc(rpc_url)
    relay = DirectRelay(rpc, keys.derived("killed-relayer"), there.chain_id)
    attester = KeyAttester(1, keys.named("operator"), domain)
    store = open_store(Settings(var_dir=Path(var), offchain=None))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        anchor_pending(store, attester, relay, Chain(rpc, domain, 3, 64), now=0, limit=40)


if __name__ == "__main__":
    work(*sys.argv[1:])
