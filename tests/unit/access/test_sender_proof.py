"""What a program proves itself by."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.access.api_key import SignedRequest, request_signature
from backend.access.sender_proof import ApiKey, ApiKeyFileUnreadable, SessionToken
from backend.kernel.clock import FixedClock, unix_s

SECRET = "07" * 32
NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_key__signs_time_method_path_and_body() -> None:
    headers = ApiKey("k1", SECRET, FixedClock(NOW)).headers("POST", "/orders/numbers", b"{}")

    claimed = SignedRequest("k1", str(unix_s(NOW)), "", "POST", "/orders/numbers", b"{}")
    assert headers == {
        "tanyu-key": "k1",
        "tanyu-timestamp": claimed.timestamp,
        "tanyu-signature": request_signature(SECRET, claimed),
    }


def test_key__asked_again_within_the_second__signs_for_the_next_and_comes_back_to_the_clock() -> None:
    clock = FixedClock(NOW)
    key = ApiKey("k1", SECRET, clock)

    def second(path: str) -> int:
        return int(key.headers("DELETE", path, b"")["tanyu-timestamp"]) - unix_s(NOW)

    assert [second("/orders"), second("/orders"), second("/orders"), second("/other")] == [0, 1, 2, 0]
    clock.at += timedelta(seconds=10)
    assert second("/orders") == 10


def test_key__of_a_file__is_what_was_shown_once(tmp_path: Path) -> None:
    file = tmp_path / "bot.json"
    file.write_text(json.dumps({"keyId": "k1", "secret": SECRET, "scopes": ["read"]}))
    assert ApiKey.load(file).key_id == "k1"
    for text in ("", "[]", '{"keyId": "k1"}', '{"keyId": "k1", "secret": "xy"}', '{"keyId": "k1", "secret": 7}'):
        file.write_text(text)
        with pytest.raises(ApiKeyFileUnreadable) as unreadable:
            ApiKey.load(file)
        assert unreadable.value.code == "key.api_key_unreadable"
    with pytest.raises(ApiKeyFileUnreadable):
        ApiKey.load(tmp_path / "none")


def test_session__proves_every_request_alike() -> None:
    token = SessionToken("abc")
    assert token.headers("GET", "/a", b"") == token.headers("POST", "/b", b"x") == {"Authorization": "Bearer abc"}
