"""Chromium, driven as a person would, with a wallet in it that signs with a key of the tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.stack import wait_for

QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
ALONE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")
"""It looks for nothing on any network by itself, and shares no memory that a container has little of."""

WALLET = """
window.asked = [];
const provider = { request: (call) => new Promise((resolve, reject) => window.asked.push({ call, resolve, reject })) };
const detail = { info: { uuid: "0", name: "Wallet of the tests", icon: "", rdns: "test" }, provider };
const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
addEventListener("eip6963:requestProvider", announce);
announce();
"""


class Browser:
    """A window of Chromium. `faults` are what its pages complained of."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        """Goes to a page."""
        self.driver.get(address)

    def follow(self, words: str) -> None:
        """Clicks on the link with these words."""
        self.driver.find_element(By.PARTIAL_LINK_TEXT, words).click()

    def text(self, selector: str = "body") -> str:
        """What can be read there."""
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def fill(self, **fields: Any) -> None:
        """Fills in the fields of the form, by name."""
        for name, value in fields.items():
            field = self.driver.find_element(By.NAME, name)
            if field.tag_name == "select":
                Select(field).select_by_value(str(value).lower() if isinstance(value, bool) else value)
            elif field.get_attribute("type") == "datetime-local":
                self.driver.execute_script("arguments[0].value = arguments[1]", field, value)
            else:
                field.clear()
                field.send_keys(str(value))

    def press(self) -> None:
        """Presses the page's button."""
        self.driver.find_element(By.CSS_SELECTOR, "main button").click()

    def wallet_is_asked(self, method: str) -> list[Any]:
        """The parameters with which the page asks the wallet for this; waits until it does."""

        def asked() -> dict[str, Any] | None:
            call = self.driver.execute_script("return window.asked[0]?.call ?? null")
            return call if call and call["method"] == method else None

        return list(wait_for(asked).get("params", []))

    def wallet_answers(self, result: Any) -> None:
        """The wallet's answer to what it was asked."""
        self.driver.execute_script("window.asked.shift().resolve(arguments[0])", result)

    def wallet_refuses(self, number: int, message: str) -> None:
        """The wallet's error (EIP-1193)."""
        error = {"code": number, "message": message}
        self.driver.execute_script("window.asked.shift().reject(arguments[0])", error)

    def wallet_signs(self, secret: bytes) -> dict[str, Any]:
        """Connects, changes to the chain, and signs what is asked for; returns the typed data that was signed."""
        account = Account.from_key(secret)
        for method, result in (("eth_requestAccounts", [account.address]), ("wallet_switchEthereumChain", None)):
            self.wallet_is_asked(method)
            self.wallet_answers(result)
        signer, message = self.wallet_is_asked("eth_signTypedData_v4")
        assert signer == account.address
        typed: dict[str, Any] = json.loads(message)
        self.wallet_answers("0x" + account.sign_message(encode_typed_data(full_message=typed)).signature.hex())
        return typed

    def faults(self) -> list[str]:
        """What pages complained of since it was asked last: scripts that failed, things that were refused."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser, with the complaints of earlier tests forgotten."""
    chromium.faults()
    return chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a wallet."""
    program, helper = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or helper is None:
        pytest.skip("Chromium and its driver are not installed here: no page was looked at in a browser")
    options = ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile: Path = tmp_path_factory.mktemp("chromium")
    for option in (*QUIET, *ALONE, f"--user-data-dir={profile}", "--lang=zh-CN", "--window-size=1280,900"):
        options.add_argument(option)
    driver = Chrome(options, Service(helper))
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WALLET})
        yield Browser(driver)
    finally:
        driver.quit()
