"""Bodies made to bring the process down: deep, broken, and not Unicode."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.stack import Stack

JSON_PATHS = ("/v1/acts", "/v1/acts/prepare", "/v1/evidence/verify", "/v1/session", "/v1/session/challenge", "/rpc")
DEEP = 150_000


@pytest.mark.parametrize("module", ["scripts.services", "scripts.chaqi", "workflows.worker"])
def test_no_process_of_ours_lifts_the_recursion_limit(module: str) -> None:
    """Nesting of JSON is bounded by it alone; libraries of py-evm lift it as soon as they are imported."""
    program = f"import sys; own = sys.getrecursionlimit(); import {module}; sys.exit(sys.getrecursionlimit() != own)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("path", JSON_PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b"[" * (6 * DEEP),
        b'{"receipt":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
        b'{"receipt":' + b'{"a":' * 700 + b"1" + b"}" * 700 + b"}",
        b'{"act":"\\ud800","message":{"\\udfff":1},"signer":"\\ud800","account":"\\ud800","receipt":{"\\ud800":1}}',
        b"\xff\xfe\x00",
        b"",
    ],
    ids=["deep list", "deep object", "nested", "surrogates", "not UTF-8", "empty"],
)
def test_a_hostile_body_is_a_typed_error(stack: Stack, path: str, content: bytes) -> None:
    answer = stack.client.post(path, content=content, headers={"content-type": "application/json"})
    if path == "/rpc":
        assert answer.status_code in (200, 204)
        assert answer.status_code == 204 or answer.json()["error"]["code"] in (-32700, -32600)
    else:
        assert answer.status_code in (400, 422)
        assert answer.json()["code"]
    assert stack.client.get("/health").status_code == 200
