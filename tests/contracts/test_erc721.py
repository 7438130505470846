"""Trees as any wallet or explorer sees them: web3.py with the standard's own ABI, nothing of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from eth_utils import keccak, to_checksum_address
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError

from tests.contracts.groves import CERTIFICATE, FILING, NOTICE, SURVEY, tree_at, tree_id
from tests.contracts.ledger import Ledger

ERC165 = "supportsInterface(bytes4)"
ERC721 = (
    "balanceOf(address)",
    "ownerOf(uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeTransferFrom(address,address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "setApprovalForAll(address,bool)",
    "getApproved(uint256)",
    "isApprovedForAll(address,address)",
)
METADATA = ("name()", "symbol()", "tokenURI(uint256)")
ANSWERS = {
    "balanceOf": "uint256",
    "ownerOf": "address",
    "getApproved": "address",
    "isApprovedForAll": "bool",
    "name": "string",
    "symbol": "string",
    "tokenURI": "string",
    "supportsInterface": "bool",
}


def abi() -> list[dict[str, Any]]:
    """The ABI of the standard, from its function signatures."""
    entries: list[dict[str, Any]] = []
    for signature in (ERC165, *ERC721, *METADATA):
        name, _, rest = signature.partition("(")
        kinds = [kind for kind in rest.rstrip(")").split(",") if kind]
        answer = ANSWERS.get(name)
        entries.append(
            {
                "type": "function",
                "name": name,
                "inputs": [{"name": f"a{place}", "type": kind} for place, kind in enumerate(kinds)],
                "outputs": [{"name": "", "type": answer}] if answer else [],
                "stateMutability": "view" if answer else "nonpayable",
            }
        )
    transfer = [("from", "address"), ("to", "address"), ("tokenId", "uint256")]
    entries.append(
        {
            "type": "event",
            "name": "Transfer",
            "anonymous": False,
            "inputs": [{"name": name, "type": kind, "indexed": True} for name, kind in transfer],
        }
    )
    return entries


@pytest.fixture
def token(ledger: Ledger) -> Any:
    address = to_checksum_address(ledger.deployment.address("Trees"))
    return Web3(HTTPProvider(ledger.rpc.url)).eth.contract(address=address, abi=abi())


def interface_id(*signatures: str) -> bytes:
    value = 0
    for signature in signatures:
        value ^= int.from_bytes(keccak(text=signature)[:4], "big")
    return value.to_bytes(4, "big")


def test_it_says_what_it_is(token: Any) -> None:
    for signatures in ((ERC165,), ERC721, METADATA):
        assert token.functions.supportsInterface(interface_id(*signatures)).call()
    assert interface_id(*ERC721).hex() == "80ac58cd"
    for other in (b"\xff" * 4, bytes(4), bytes.fromhex("780e9d63")):
        assert not token.functions.supportsInterface(other).call()
    assert token.functions.name().call() and token.functions.symbol().call() == "TREE"


def test_it_names_owner_and_balance(ledger: Ledger, token: Any) -> None:
    number = tree_at(ledger, "REGISTERED")
    tree_at(ledger, "NOTICE", tag="CA-2")
    farmer = to_checksum_address(ledger.people["farmer"].address)
    assert token.functions.ownerOf(number).call() == farmer
    assert token.functions.balanceOf(farmer).call() == 1
    assert token.functions.balanceOf(to_checksum_address(ledger.people["stranger"].address)).call() == 0
    nobody = "0x" + keccak(text="AccountMissing()")[:4].hex()
    with pytest.raises(ContractCustomError, match=nobody):
        token.functions.balanceOf("0x" + "00" * 20).call()
    assert token.functions.getApproved(number).call() == "0x" + "00" * 20
    assert token.functions.isApprovedForAll(farmer, token.address).call() is False


def test_its_transfers_tell_the_owners(ledger: Ledger, token: Any) -> None:
    """An explorer that knows only `Transfer` finds the present owner, as long as no party changed its key."""
    number = tree_at(ledger, "REGISTERED")
    fields = {"tree": number, "to": ledger.ids["firm"], "basis": "SUCCESSION", "receipt": "0x" + "2e" * 32}
    ledger.act("Trees.recordTransfer", "registry", **fields)
    moves = [log["args"] for log in token.events.Transfer().get_logs(from_block=0)]
    assert [move["tokenId"] for move in moves] == [number, number]
    assert moves[0]["from"] == "0x" + "00" * 20 and moves[0]["to"] == moves[1]["from"]
    assert moves[1]["to"] == token.functions.ownerOf(number).call()


@pytest.mark.parametrize("life", ["ALIVE", "REPORTED_DEAD", "DEAD", "LOST"])
def test_its_card_is_json_without_anything_personal(ledger: Ledger, token: Any, life: str) -> None:
    number = tree_at(ledger, "REGISTERED", life)
    if life == "ALIVE":
        ledger.act("Trees.recognise", "forestry", tree=number, level=1, ageYears=700)
    kind, _, encoded = token.functions.tokenURI(number).call().partition(",")
    assert kind == "data:application/json;base64"
    card = json.loads(base64.b64decode(encoded, validate=True))
    assert card["name"].endswith(f"0x{number:064x}")
    traits = {trait["trait_type"]: trait["value"] for trait in card["attributes"]}
    assert traits == {
        "age (years)": "700" if life == "ALIVE" else "620",
        "protection level": "1" if life == "ALIVE" else "0",
        "title class": "A",
        "life": life.lower().replace("_", " "),
    }
    assert set(card) == {"name", "description", "attributes"}
    for text in (FILING["tag"], FILING["village"], FILING["geoCell"], ledger.people["farmer"].address[2:]):
        assert text not in json.dumps(card, ensure_ascii=False)


@pytest.mark.parametrize("title_class", ["A", "B", "C"])
def test_its_card_names_the_title_class(ledger: Ledger, token: Any, title_class: str) -> None:
    number = tree_id("CA-CLASS")
    ledger.act("Trees.file", "farmer", **(FILING | {"tag": "CA-CLASS", "titleClass": title_class}))
    ledger.act("Trees.survey", "surveyor", tree=number, **SURVEY)
    ledger.act("Trees.postNotice", "village", tree=number)
    ledger.wait(NOTICE)
    ledger.act("Trees.register", "agri", tree=number, certificate=CERTIFICATE)
    card = json.loads(base64.b64decode(token.functions.tokenURI(number).call().partition(",")[2]))
    assert {"trait_type": "title class", "value": title_class} in card["attributes"]


def test_a_wallet_that_tries_to_send_it_is_refused_with_the_reason(ledger: Ledger, token: Any) -> None:
    number = tree_at(ledger, "REGISTERED")
    farmer, bank = (to_checksum_address(ledger.people[who].address) for who in ("farmer", "bank"))
    reason = "0x" + keccak(text="NoForeclosure(uint256)")[:4].hex()
    for call in (
        token.functions.transferFrom(farmer, bank, number),
        token.functions.approve(bank, number),
        token.functions.setApprovalForAll(bank, True),
    ):
        with pytest.raises(ContractCustomError, match=reason):
            call.call({"from": farmer})
