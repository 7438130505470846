"""The JSON-RPC client against a server that behaves as badly as nodes and what stands before them do."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import pytest

from chain.rpc import Line, NodeError, NodeUnreachable, Rpc

Answer = Callable[[Any], tuple[int, bytes]]


class Node(http.server.ThreadingHTTPServer):
    """Answers each request as `behave` says."""

    daemon_threads = True
    behave: Answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Node

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        status, body = self.server.behave(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def echo(call: dict[str, Any]) -> dict[str, Any]:
    """The parameters as result; an error for the method `fail`."""
    if call["method"] == "fail":
        error = {"code": -32000, "message": "no such block", "data": {"hint": call["params"]}}
        return {"jsonrpc": "2.0", "id": call["id"], "error": error}
    return {"jsonrpc": "2.0", "id": call["id"], "result": call["params"]}


def well(sent: Any) -> tuple[int, bytes]:
    return 200, json.dumps([echo(one) for one in sent] if isinstance(sent, list) else echo(sent)).encode()


@pytest.fixture
def node() -> Iterator[Node]:
    with Node() as server:
        server.behave = well
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_call_gives_the_result_as_it_came(node: Node) -> None:
    assert Rpc(node.url).call("m", 1, "0x2", {"a": None}) == [1, "0x2", {"a": None}]


def test_null_is_a_result(node: Node) -> None:
    node.behave = lambda sent: (200, json.dumps({"jsonrpc": "2.0", "id": sent["id"], "result": None}).encode())
    assert Rpc(node.url).call("eth_getTransactionReceipt", "0x") is None


def test_a_batch_is_answered_in_its_own_order(node: Node) -> None:
    node.behave = lambda sent: (200, json.dumps([echo(one) for one in reversed(sent)]).encode())
    assert Rpc(node.url).batch(("m", [number]) for number in range(5)) == [[number] for number in range(5)]


def test_an_empty_batch_asks_nothing(node: Node) -> None:
    node.behave = lambda sent: (500, b"")
    assert Rpc(node.url).batch([]) == [] and Rpc(node.url).try_batch([]) == []


def test_a_nodes_error_carries_code_message_and_data(node: Node) -> None:
    with pytest.raises(NodeError) as refusal:
        Rpc(node.url).call("fail", 7)
    fault = refusal.value
    assert (fault.error_code, fault.message, fault.data) == (-32000, "no such block", {"hint": [7]})
    assert "fail" in fault.words("en") and "no such block" in fault.words("zh")


def test_one_error_fails_a_batch_or_stands_in_its_place(node: Node) -> None:
    calls: list[tuple[str, list[int]]] = [("m", [1]), ("fail", [2]), ("m", [3])]
    with pytest.raises(NodeError):
        Rpc(node.url).batch(calls)
    first, second, third = Rpc(node.url).try_batch(calls)
    assert (first, third) == ([1], [3])
    assert isinstance(second, NodeError) and second.data == {"hint": [2]}


def test_a_batch_refused_as_a_whole_is_an_error(node: Node) -> None:
    error = {"code": -32600, "message": "batch too large"}
    node.behave = lambda sent: (200, json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())
    for ask in (Rpc(node.url).batch, Rpc(node.url).try_batch):
        with pytest.raises(NodeError, match="batch too large"):
            ask([("m", []), ("m", [])])


GARBAGE = {
    "HTTP 500 page": (500, b"<html>Internal Server Error</html>"),
    "HTTP 429 JSON": (429, b'{"message": "slow down"}'),
    "empty": (200, b""),
    "half an answer": (200, b'{"jsonrpc": "2.0", "id": 1, "resu'),
    "text": (200, b'"ok"'),
    "null": (200, b"null"),
    "list of nothing": (200, b"[]"),
    "list of text": (200, b'["ok"]'),
    "no result": (200, b'{"jsonrpc": "2.0", "id": 1}'),
    "not UTF-8": (200, b'{"result": "\xff"}'),
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_garbage_counts_as_no_answer(node: Node, answer: tuple[int, bytes]) -> None:
    node.behave = lambda sent: answer
    rpc = Rpc(node.url)
    with pytest.raises(NodeUnreachable):
        rpc.call("m")
    with pytest.raises(NodeUnreachable):
        rpc.batch([("m", []), ("m", [])])
    with pytest.raises(NodeUnreachable):
        rpc.try_batch([("m", []), ("m", [])])
    with closing(Line(rpc)) as line, pytest.raises(NodeUnreachable):
        line.ask([("m", []), ("m", [])])
        line.answer()


def test_a_batch_with_an_answer_left_out_counts_as_no_answer(node: Node) -> None:
    node.behave = lambda sent: (200, json.dumps([echo(one) for one in sent[1:]]).encode())
    with pytest.raises(NodeUnreachable):
        Rpc(node.url).batch([("m", [1]), ("m", [2])])


def test_an_error_that_is_only_text_is_no_answer(node: Node) -> None:
    node.behave = lambda sent: (401, b'{"error": "who are you?"}')
    with pytest.raises(NodeUnreachable):
        Rpc(node.url).call("m")


def test_nobody_there_says_where_and_what_to_do() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(NodeUnreachable) as refusal:
        Rpc(url).call("m")
    assert url in refusal.value.words("en") and url in refusal.value.words("zh")
    assert refusal.value.status == 503


def test_a_node_that_accepts_and_never_answers_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NodeUnreachable, match="ReadTimeoutError"):
            Rpc(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1).call("m")


def test_what_is_asked_on_several_lines_is_answered_whenever_it_is_looked_at(node: Node) -> None:
    rpc = Rpc(node.url)
    with ExitStack() as open_lines:
        lines = [open_lines.enter_context(closing(Line(rpc))) for _ in range(4)]
        for turn in range(3):
            for number, line in enumerate(lines):
                line.ask([("m", [turn, number]), ("fail", [number])])
            for number, line in reversed([*enumerate(lines)]):
                found, refusal = line.answer()
                assert found == [turn, number]
                assert isinstance(refusal, NodeError) and refusal.data == {"hint": [number]}


def test_a_line_reads_results_into_the_type_that_is_named(node: Node) -> None:
    with closing(Line(Rpc(node.url))) as line:
        line.ask([("m", [1, 2])])
        assert line.answer(tuple[int, int]) == [(1, 2)]
        line.ask([("m", ["1"])])
        with pytest.raises(NodeUnreachable, match="ValidationError"):
            line.answer(list[int])


def test_a_line_can_be_asked_again_after_it_was_closed_unanswered_or_broke(node: Node) -> None:
    with closing(Line(Rpc(node.url))) as line:
        line.ask([("m", [1])])
        line.close()
        line.ask([("m", [2])])
        assert line.answer() == [[2]]

        def hang_up(sent: Any) -> tuple[int, bytes]:
            raise ConnectionAbortedError

        node.handle_error = lambda *_: None  # type: ignore[method-assign]
        node.behave = hang_up
        line.ask([("m", [3])])
        with pytest.raises(NodeUnreachable, match="RemoteDisconnected"):
            line.answer()
        node.behave = well
        line.ask([("m", [4])])
        assert line.answer() == [[4]]


def test_a_line_keeps_the_path_and_query_of_the_nodes_address(node: Node) -> None:
    with closing(Line(Rpc(f"{node.url}/v1/chain?key=k"))) as line:
        line.ask([("m", [])])
        line.answer()
    assert node.paths == ["/v1/chain?key=k"]


def test_a_line_to_nobody_and_to_a_node_that_never_answers_says_so() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with closing(Line(Rpc(url))) as line, pytest.raises(NodeUnreachable, match="ConnectionRefusedError"):
            line.ask([("m", [])])
        silent.listen()
        with closing(Line(Rpc(url, timeout=0.1))) as line:
            line.ask([("m", [])])
            with pytest.raises(NodeUnreachable, match="TimeoutError"):
                line.answer()


def test_threads_share_one_client(node: Node) -> None:
    rpc = Rpc(node.url)
    with ThreadPoolExecutor(8) as pool:
        numbers = range(200)
        assert list(pool.map(lambda number: rpc.call("m", number), numbers)) == [[number] for number in numbers]
