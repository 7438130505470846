"""The tour that `chaqi up` gives: a synthetic world, the project's own documents as evidence, and where to look."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from chain import offchain
from chain.deploy import ATTESTER_PARTY, FAR_DEADLINE, Deployment
from chain.errors import ChaqiError
from chain.outbox import Outbox
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from chain.typed_data import Act, act_type
from chain.vocabulary import role_bits
from scripts import seed
from scripts.evidence import wait_for
from scripts.mirror import compared
from scripts.seed import WorldSize
from workflows.batches.codes import Package, shown
from workflows.evidence import anchor as anchoring
from workflows.evidence import receipt as receipts
from workflows.evidence.receipt import State
from workflows.evidence.verify import verify_offline, verify_on_chain
from workflows.valuations.job import KEY as APPRAISER_KEY

HISTORY_SECONDS = 200 * 86_400
"""How far back a new development chain begins: the filing of the trees and everything that follows from it lie before
today."""

ROOT = Path(__file__).resolve().parent.parent
COUNTED = (
    *("trees", "parties", "evidence", "valuations", "batches", "agreements", "liens", "loans", "subsidies"),
    *("deeds", "certificates", "filings"),
)
"""Rooms whose entities the summary counts."""

OWN_DOCUMENTS = ("README.md", "README.zh-CN.md", "docs", "contracts")
"""The project's own files that the tour anchors, where it runs from a checkout."""


class TourBroken(ChaqiError):
    """Something that the tour checks does not hold."""

    en = "The tour found a fault: {fault}"
    zh = "演示发现问题：{fault}"


@dataclass(frozen=True)
class Summary:
    """What the tour did, and what is there now."""

    acts_now: int
    documents: int
    compared: int
    counts: dict[str, int]
    example: dict[str, Any] | None
    package: str | None

    def show(self, console: Console, settings: Settings, seconds: float) -> None:
        """Prints what was done and where to look."""
        url = settings.api_url
        there = {name: f"{count:,} {name}" for name, count in self.counts.items()}
        console.print(
            f"world     {there['trees']}, {there['parties']}, {there['evidence']} batches; synthetic; "
            f"{self.acts_now:,} acts handed in now"
        )
        console.print(
            f"business  {there['valuations']}, {there['batches']} of tea, {there['agreements']}, {there['loans']} "
            f"and {there['liens']}, {there['subsidies']}"
        )
        console.print(
            f"courts    {there['deeds']}, {there['certificates']} of enforcement, {there['filings']}: {url}/overview"
        )
        console.print(f"evidence  {self.documents} of the project's own documents anchored and verified")
        console.print(f"checked   {self.compared:,} mirrored rows equal to contract storage")
        if self.example:
            tree = self.example
            console.print(
                f"a tree    {tree['tag']} {tree['cultivar']}, {tree['age_years']} years: filed by party "
                f"{tree['owner']}, surveyed by party {tree['surveyor']}, {tree['title'].lower()}"
            )
            console.print(f"          {url}/v1/trees/{tree['id']}")
        if self.package:
            console.print(f"a package as its buyer sees it: {url}/t/{self.package}")
        console.print(f"ready     in {seconds:.0f} s. Look at {url}/ , {url}/docs , {url}/v1/status ; Ctrl-C stops all")


def play(settings: Settings, deployment: Deployment, size: WorldSize) -> Summary:
    """Plays the world, anchors and verifies the project's own documents, and checks the mirror against the chain.

    What an earlier run did is not repeated. Raises `TourBroken` if a check fails.
    """
    played = seed.play(settings, deployment, size)
    _enrol_appraiser(settings, deployment)
    documents = _anchor_own_documents(settings, deployment)
    await_mirror(settings)
    result = compared(settings)
    registered = get(settings, "/v1/trees", title="REGISTERED", limit=1)["items"]
    return Summary(
        acts_now=played.handed_in,
        documents=documents,
        compared=sum(result.rows.values()),
        counts={name: get(settings, f"/v1/{name}", limit=1)["total"] for name in COUNTED},
        example=registered[0] if registered else None,
        package=_a_package(settings, played.lots),
    )


def _enrol_appraiser(settings: Settings, deployment: Deployment) -> None:
    """Makes the worker's own key an appraiser, which from then on values anew what is due."""
    keystore = Keystore(settings.keystore_file, deployment.chain_id)
    account, kind = keystore.derived(APPRAISER_KEY).address, act_type("Parties.enrol")
    if get(settings, "/v1/parties", account=account)["items"]:
        return
    operator = keystore.named("operator")
    message = kind.read({"account": account, "roles": role_bits("APPRAISER"), "identity": bytes(32)})
    act = Act(kind, message, operator.address, int(account, 16), FAR_DEADLINE)
    Outbox(offchain.open_store(settings)).accept(operator.sign(act, deployment.domains[kind.contract]))


def _a_package(settings: Settings, lots: dict[bytes, list[Package]]) -> str | None:
    """The code on a package of the world's, one that nothing has to be said against where there is one.

    Reading what a code stands for counts no scan: the newcomer's is the first.
    """
    issued = {lot["root"] for lot in get(settings, "/v1/lots", state="ISSUED", limit=500)["items"]}
    codes = [shown(packages[0].code) for root, packages in lots.items() if "0x" + root.hex() in issued]
    sound = (code for code in codes if not get(settings, f"/v1/codes/{code}")["warnings"])
    return next(sound, codes[0] if codes else None)


def _anchor_own_documents(settings: Settings, deployment: Deployment) -> int:
    paths = [ROOT / name for name in OWN_DOCUMENTS if (ROOT / name).exists()]
    if not paths:
        return 0
    store = offchain.open_store(settings)
    documents = anchoring.prepare(paths, settings.var_dir / "receipts").documents
    anchoring.submit(store, ATTESTER_PARTY, documents, int(time.time()))
    wait_for(settings, [document.receipt_path for document in documents], State.ANCHORED, 120)
    rpc = Rpc(settings.rpc_url)
    for document in documents:
        verdict = verify_offline(document.path, receipts.read(document.receipt_path))
        # The tour does not wait for finality: what it shows is anchored, and `chaqi verify` asks for more.
        verdict = verify_on_chain(verdict, rpc, contract=deployment.address("Evidence"), confirmations=0)
        if verdict.broken:
            raise TourBroken(fault=f"{document.path.name}: {verdict.broken.en}")
    return len(documents)


def await_mirror(settings: Settings, timeout: float = 60.0) -> None:
    """Waits until the mirror has reached the chain's present head. Raises `TourBroken`."""
    head = int(Rpc(settings.rpc_url).call("eth_blockNumber"), 16)
    end = time.monotonic() + timeout
    while (get(settings, "/v1/status")["mirror"]["block"] or 0) < head:
        if time.monotonic() > end:
            raise TourBroken(fault=f"the mirror did not reach block {head} within {timeout:.0f} seconds")
        time.sleep(0.1)


def get(settings: Settings, path: str, **query: object) -> dict[str, Any]:
    """One answer of the API."""
    address = f"{settings.api_url}{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        content: dict[str, Any] = json.load(answer)
        return content
