"""`/stream` by an API key: what it may watch, and that a key which is revoked takes its stream with it."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.access.api_key import SignedRequest, request_signature
from backend.access.client import ApiClient
from backend.kernel.clock import unix_s
from backend.market import stream_routes as routes_module
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.api.test_stream import refused
from tests.unit.market.world import ANA, BO
from tests.web_socket import wire


@pytest.fixture
def served(database: Database) -> Iterator[StreamWorld]:
    with streaming(database) as made:
        yield made


def a_key(api: ApiClient, *scopes: str) -> dict[str, Any]:
    api.sign_in(ANA)
    made: dict[str, Any] = api.post("/api-keys", {"name": "bot", "scopes": list(scopes)})
    return made


def handshake(served: StreamWorld, key: dict[str, Any], *, age_s: int = 0, path: str = "/stream") -> dict[str, str]:
    at = str(unix_s(served.world.clock.now()) - age_s)
    signature = request_signature(key["secret"], SignedRequest(key["keyId"], at, "", "GET", path, b""))
    return {"Tanyu_Key": key["keyId"], "Tanyu_Timestamp": at, "Tanyu_Signature": signature}


def test_stream__by_a_key_that_reads__shows_its_account_and_goes_on_when_the_signature_is_old(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_module, "HEARTBEAT_S", 0.05)
    with ApiClient(served.base_url) as api:
        key = a_key(api, "read")
        with wire(served.base_url, **handshake(served, key)) as client:
            client.subscribe("orders")
            served.world.clock.at = served.world.clock.at.replace(minute=30)
            order = served.world.sell(ANA, 5, 100)
            served.world.sell(BO, 5, 101)
            (told,) = client.next("delta")["data"]["orders"]
            assert told["sequence"] == order.accepted.sequence

            api.delete(f"/api-keys/{key['keyId']}")
            assert client.closing() == (1008, "stream.session_ended")
        assert refused(served.base_url, **handshake(served, key)) == (401, "api_key.wrong")


def test_stream__by_a_key_that_may_not_read_or_signed_otherwise__is_refused(served: StreamWorld) -> None:
    with ApiClient(served.base_url) as api:
        reading, cancelling = a_key(api, "read"), a_key(api, "cancel")
    assert refused(served.base_url, **handshake(served, cancelling)) == (403, "api_key.scope_missing")
    assert refused(served.base_url, **handshake(served, reading, age_s=31)) == (401, "api_key.time_wrong")
    assert refused(served.base_url, **handshake(served, reading, path="/orders")) == (401, "api_key.wrong")
