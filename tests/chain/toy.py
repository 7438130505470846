"""A toy contract in hand-written bytecode, and what tests of the chain itself need besides.

Every call counts: slot 0 is raised to n, slot n takes the caller, and a log with topic n carries n.
A call that brings data reverts with that data.
"""

from __future__ import annotations

import socket
import time

from chain.rpc import Rpc
from chain.signers import Signer

_RUNTIME = bytes.fromhex(
    "36601b57"  # with calldata jump to 1b
    "600054600101"  # n = storage[0] + 1
    "80600055"  # storage[0] = n
    "338155"  # storage[n] = caller
    "8060005260206000a100"  # log with topic n and data n; stop
    "5b366000600037366000fd"  # 1b: revert with the calldata
)
CREATION = bytes([0x60, len(_RUNTIME), 0x60, 12, 0x60, 0, 0x39, 0x60, len(_RUNTIME), 0x60, 0, 0xF3]) + _RUNTIME

CHAIN_ID = 521000
SENDER = Signer(b"\x11" * 32)


def free_port() -> int:
    """A TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def transaction(nonce: int, to: str | None = None, call: bytes = b"", gas: int = 200_000) -> str:
    """A signed transaction of `SENDER`, in hex."""
    raw = SENDER.sign_transaction(to=to, call=call, nonce=nonce, gas=gas, chain_id=CHAIN_ID)
    return "0x" + raw.hex()


def receipt(rpc: Rpc, transaction_hash: str) -> dict[str, object]:
    """The receipt, waited for; AssertionError after half a minute."""
    for _ in range(300):
        found: dict[str, object] | None = rpc.call("eth_getTransactionReceipt", transaction_hash)
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{transaction_hash} was not mined")
