"""How deep a body nests, found without parsing it."""

import json

import pytest

from backend.access.nesting import DEPTH_MAX, is_too_deep, is_utf8


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "body",
    [
        nested(DEPTH_MAX),
        b'{"a":' * DEPTH_MAX + b"1" + b"}" * DEPTH_MAX,
        b"[" + b"[]," * 1000 + b"[]]",
        json.dumps({"text": "[" * 1000}).encode(),
        json.dumps({"text": '"\\"' + "{[" * 1000}).encode(),
        b'["' + b"[" * 1000,
        b"",
    ],
    ids=["arrays", "objects", "wide", "in a string", "after escapes", "string without end", "empty"],
)
def test_depth__within_the_limit__passes(body: bytes) -> None:
    assert not is_too_deep(body)


@pytest.mark.parametrize(
    "body",
    [
        nested(DEPTH_MAX + 1),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a":["\\\\",' * 50,
        b"\xef\xbb\xbf" + nested(DEPTH_MAX + 1),
        b"\xff" + nested(DEPTH_MAX + 1),
        b'"\\u005b"' + b"[{" * 40,
    ],
    ids=[
        "arrays",
        "never closed",
        "objects",
        "after an escaped backslash",
        "after a BOM",
        "not UTF-8",
        "after a string",
    ],
)
def test_depth__beyond_the_limit__is_found(body: bytes) -> None:
    assert is_too_deep(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_encoding__that_hides_quotes_and_brackets__is_not_taken(encoding: str) -> None:
    assert not is_utf8("[[1]]".encode(encoding))
    assert is_utf8(b"[[1]]")
    assert is_utf8(b"\xef\xbb\xbf[[1]]")
