"""Fixtures for every test."""

from __future__ import annotations

import os
import sys

import hypothesis
import pytest

pytest_plugins = ("tests.stores", "tests.stack")

# The same examples each time, so that a run says something of the change; HYPOTHESIS_PROFILE=default draws new ones.
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

RECURSION_LIMIT = sys.getrecursionlimit()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Every test runs under the recursion limit that Chaqi's processes run under.

    py_ecc and py-evm, which web3 and eth_account import, raise it to 100,000 for the whole process: then deeply nested
    JSON overflows the C stack instead of raising RecursionError. `tests/api/test_hostile.py` shows that we do not
    import them.
    """
    sys.setrecursionlimit(RECURSION_LIMIT)
