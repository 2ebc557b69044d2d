"""A node that fails, refuses or moves while the audit reads: the audit says so, and never reports on half a history."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.request import Request, urlopen

import pytest

from backend.audit.recording import HistoryMoved, NodeRefused, record
from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode

Change = Callable[[str, dict[str, Any]], dict[str, Any]]
"""From a method and the node's true answer to what the caller hears."""


@contextmanager
def between(url: str, change: Change) -> Iterator[str]:
    """A server between the audit and the node."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            request = Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
            with urlopen(request) as answered:
                told = json.loads(answered.read())
            heard = [change(question["method"], answer) for question, answer in zip(asked, told, strict=True)]
            body = json.dumps(heard).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_record__through_an_honest_middle__is_the_same_history(node: LocalNode, deployment: Deployment) -> None:
    with between(node.url, lambda _, answer: answer) as url:
        assert record(url, deployment) == record(node.url, deployment)


@pytest.mark.parametrize("refused", ["eth_getLogs", "eth_getBlockByNumber", "eth_chainId"])
def test_record__a_node_that_refuses_a_method__is_named_with_it(
    node: LocalNode, deployment: Deployment, refused: str
) -> None:
    def change(method: str, answer: dict[str, Any]) -> dict[str, Any]:
        if method != refused:
            return answer
        return {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32005, "message": "limit exceeded"}}

    with between(node.url, change) as url, pytest.raises(NodeRefused, match="limit exceeded") as failure:
        record(url, deployment)
    assert failure.value.code == "audit.node_refused"
    assert failure.value.fields["method"] == refused


def test_record__a_head_that_changes_while_it_is_read__is_not_reported_on(
    node: LocalNode, deployment: Deployment
) -> None:
    seen: list[str] = []

    def change(method: str, answer: dict[str, Any]) -> dict[str, Any]:
        block = answer.get("result")
        if method == "eth_getBlockByNumber" and block and int(block["number"], 16) >= head:
            seen.append(block["hash"])
            if len(seen) > 3:  # the first asks for the head, later ones for its header, body, and whether it stood
                return answer | {"result": block | {"hash": "0x" + "ee" * 32}}
        return answer

    head = record(node.url, deployment).head_number
    with between(node.url, change) as url, pytest.raises(HistoryMoved) as failure:
        record(url, deployment)
    assert failure.value.code == "audit.history_moved"
    assert set(failure.value.fields) == {"before", "after"}
