"""The portal in a real browser: two people sign an agreement with their wallets, and pages fit their screens."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_utils import keccak

from api.rooms import ROOMS
from chain.typed_data import act_type
from tests.browser import Browser, browser, chromium
from tests.stack import Stack, wait_for
from workflows.calendar.calendar import local
from workflows.evidence.hashing import DigestStream

__all__ = ["browser", "chromium"]

TERMS = "0x" + "7e" * 32
REFUSED_BY_USER = 4001  # EIP-1193
UNKNOWN_CHAIN = 4902  # EIP-3085
PHONE = 390
DAY = 86_400
OFFER = {
    "asBuyer": False,
    "terms": TERMS,
    "quantity": 6_000,
    "unitPrice": 800_050,
    "formula": "0x" + "00" * 32,
    "total": 4_800_300,
    "deposit": 960_000,
    "damagesBps": 2_000,
    "inspectionDays": 10,
    "graceDays": 3,
}
IN_YUAN = {"unitPrice": "8000.5", "total": "48003.00", "deposit": "9600"}


def secret(who: str) -> bytes:
    return keccak(text=f"chaqi development key stack test {who}")


def in_days(stack: Stack, days: int) -> str:
    return local(stack.now() + days * DAY).strftime("%Y-%m-%d %H:%M")


@pytest.fixture(scope="module")
def offered(stack: Stack, served: str, chromium: Browser) -> str:
    """An agreement that the farmer offered to the firm in the browser: its id."""
    chromium.open(f"{served}/sign")
    chromium.follow(act_type("Agreements.offer").zh)
    due = "\n".join(in_days(stack, days) for days in (20, 30))
    ends = in_days(stack, 7).replace(" ", "T")
    written = {**OFFER, **IN_YUAN, "offerEndsAt": ends, "dueAt": due, "quantities": "4000\n2000"}
    chromium.fill(counterparty=stack.party_ids["firm"], **written)
    chromium.press()
    typed = chromium.wallet_signs(secret("farmer"))
    assert typed["message"]["terms"] == TERMS and len(typed["message"]["dueAt"]) == 2
    assert {name: int(typed["message"][name]) for name in IN_YUAN} == {name: OFFER[name] for name in IN_YUAN}, "in fen"
    wait_for(lambda: "已最终确认" in chromium.text("#state"))
    chromium.follow("此行为")
    assert all(one in chromium.text() for one in ("已最终确认", "所签内容", "¥8,000.50"))
    assert chromium.faults() == []
    found = stack.client.get("/v1/agreements", params={"seller": stack.party_ids["farmer"]}).json()["items"]
    return str(next(item["id"] for item in found if item["terms"] == TERMS))


def test_the_other_side_signs_the_same_terms_from_the_agreements_page(
    stack: Stack, served: str, browser: Browser, offered: str
) -> None:
    browser.open(f"{served}/agreements?seller={stack.party_ids['farmer']}")
    browser.follow(f"{offered[:8]}…{offered[-6:]}")
    assert "要约中" in browser.text() and "¥48,003.00" in browser.text()
    browser.follow("对方签署同一条款")
    browser.press()
    assert browser.wallet_signs(secret("firm"))["message"]["terms"] == TERMS
    wait_for(lambda: "已最终确认" in browser.text("#state"))
    browser.open(f"{served}/agreements/{offered}")
    assert "已签署" in browser.text() and browser.faults() == []


def test_money_that_is_no_sum_is_not_signed(served: str, browser: Browser) -> None:
    browser.open(f"{served}/sign?act=Agreements.offer")
    browser.fill(**{**OFFER, "total": "48003.005"})
    browser.press()
    total = browser.driver.find_element("name", "total")
    assert browser.driver.execute_script("return arguments[0].validity.patternMismatch", total)
    assert browser.text("#outcome") == ""


def test_what_the_contract_refuses_is_said_in_words_and_nothing_is_kept(
    stack: Stack, served: str, browser: Browser
) -> None:
    evidence, firm = stack.anchor(), stack.party_ids["firm"]
    browser.open(f"{served}/sign?act=Parties.suspend&party={firm}&evidence={evidence}")
    browser.press()
    browser.wallet_signs(secret("neighbour"))
    wait_for(lambda: browser.driver.find_element("id", "state").get_attribute("class") == "bad")
    assert "没有执行 “依据有效证据立即暂停参与方”（Parties.suspend） 的权限" in browser.text("#state")
    kept = stack.client.get("/v1/acts", params={"signer": stack.people["neighbour"].address}).json()["items"]
    assert "Parties.suspend" not in {act["act"] for act in kept}


def test_a_signature_page_goes_with_the_act_and_is_checked(
    stack: Stack, served: str, browser: Browser, tmp_path: Path
) -> None:
    fields = {"counterparty": stack.party_ids["buyer"], **OFFER, "terms": "0x" + "7f" * 32}
    dates = {"offerEndsAt": stack.now() + 7 * DAY, "dueAt": [stack.now() + 20 * DAY], "quantities": [6_000]}
    agreement = int(stack.act("farmer", "Agreements.offer", **fields, **dates).id, 16)
    page = tmp_path / "page.pdf"
    page.write_bytes(stack.client.get(f"/v1/agreements/{agreement}/signature-page").content)  # as nobody signed it
    browser.open(f"{served}/sign?act=Agreements.sign&agreement={agreement}&terms={fields['terms']}")
    browser.driver.find_element("id", "document").send_keys(str(page))
    browser.press()
    browser.wallet_signs(secret("buyer"))
    wait_for(lambda: browser.driver.find_element("id", "state").get_attribute("class") == "bad")
    assert "签署页上没有载明账户" in browser.text("#state")


def test_a_person_who_does_not_sign_has_signed_nothing(served: str, browser: Browser, offered: str) -> None:
    browser.open(f"{served}/sign?act=Agreements.withdraw&agreement={offered}")
    browser.press()
    browser.wallet_is_asked("eth_requestAccounts")
    browser.wallet_refuses(REFUSED_BY_USER, "User rejected the request.")
    wait_for(lambda: "未签署" in browser.text("#state"))
    assert "User rejected" in browser.text("#state-en")


def test_a_field_that_is_malformed_is_named(stack: Stack, served: str, browser: Browser) -> None:
    browser.open(f"{served}/sign?act=Agreements.withdraw&agreement=seven")
    browser.press()
    browser.wallet_is_asked("eth_requestAccounts")
    browser.wallet_answers([stack.people["firm"].address])
    wait_for(lambda: "agreement" in browser.text("#state"))
    assert "seven" in browser.text("#state")


def test_a_wallet_that_does_not_know_the_chain_is_told_of_it(
    stack: Stack, served: str, browser: Browser, offered: str
) -> None:
    browser.open(f"{served}/sign?act=Agreements.withdraw&agreement={offered}")
    browser.press()
    browser.wallet_is_asked("eth_requestAccounts")
    browser.wallet_answers([stack.people["firm"].address])
    browser.wallet_is_asked("wallet_switchEthereumChain")
    browser.wallet_refuses(UNKNOWN_CHAIN, "Unrecognized chain ID")
    [known] = browser.wallet_is_asked("wallet_addEthereumChain")
    assert known["chainId"] == hex(stack.settings.chain_id) and known["rpcUrls"] == [f"{served}/rpc"]


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_no_page_is_wider_than_its_screen_or_complains(
    stack: Stack, served: str, browser: Browser, offered: str, width: int
) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    rooms = [f"/{room.name}" for room in ROOMS]
    wide = []
    for path in ("/", "/overview", "/sign", "/verify", f"/agreements/{offered}", "/parties/1", *rooms):
        browser.open(served + path)
        if browser.driver.execute_script("return document.documentElement.scrollWidth") > width:
            wide.append(path)
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide == [] and browser.faults() == []


def test_a_document_is_hashed_in_the_browser_and_compared_with_its_receipt(
    stack: Stack, served: str, browser: Browser, tmp_path: Path
) -> None:
    content = "鲜叶 12.5 千克".encode()
    stream = DigestStream()
    stream.update(content)
    digests = stream.finish()
    stated = {"name": "weigh.txt", "sha256": digests.sha256.hex(), "sm3": digests.sm3.hex(), "size": len(content)}
    queued = stack.client.post("/v1/evidence/documents", json=stated, headers=stack.sign_in("farmer")).json()
    receipt, right, wrong = (tmp_path / name for name in ("receipt.json", "right.txt", "wrong.txt"))
    receipt.write_text(stack.client.get(f"/v1/evidence/documents/{queued['id']}/receipt").text)
    right.write_bytes(content)
    wrong.write_bytes(content + b" ")
    said = []
    for file in (right, wrong):
        browser.open(f"{served}/verify")
        for field, chosen in (("document", file), ("receipt", receipt)):
            browser.driver.find_element("id", field).send_keys(str(chosen))
        browser.press()
        wait_for(lambda: browser.text("#conclusion"))
        said.append(browser.text("#conclusion")[0])
    assert said == ["…", "✘"] and browser.faults() == []
