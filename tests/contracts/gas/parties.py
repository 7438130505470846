"""Costs of parties."""

from __future__ import annotations

from tests.contracts.gas import Costs
from tests.contracts.groves import CERTIFICATE

ACTS: Costs = {
    "Parties.enrol": ("operator", lambda _: {"account": "0x" + "ab" * 20, "roles": 1, "identity": CERTIFICATE}),
}
