"""A URL that answers, but not as a node does, is refused with a sentence and not with a traceback."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from backend.audit.recording import NodeRefused, record
from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer
from backend.chain.rpc import NodeUnreachable

ANSWERS = [b"<html>hello</html>", b"[1]", b"{}", b'[{"result": 5}]', b'[{"result": {"number": "x"}}]', b"[null]"]


@pytest.fixture(params=ANSWERS, ids=lambda answer: answer.decode())
def odd_url(request: pytest.FixtureRequest) -> Iterator[str]:
    class Odd(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(request.param)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Odd)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.filterwarnings("ignore:Received batch response")
def test_record__a_url_that_is_no_node__is_refused_plainly(odd_url: str) -> None:
    address = dev_signer(1).address
    deployment = Deployment(31337, "0x" + "11" * 32, 1, dict.fromkeys(CONTRACT_NAMES, address), {})
    with pytest.raises((NodeRefused, NodeUnreachable)):
        record(odd_url, deployment)
