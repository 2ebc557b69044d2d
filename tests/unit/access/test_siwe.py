"""EIP-4361: every message reads back as itself; every field is checked; nothing else passes for a message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.access.siwe import (
    CLOCK_SKEW,
    SiweChainWrong,
    SiweDomainWrong,
    SiweExpired,
    SiweMalformed,
    SiweMessage,
    SiweRefused,
    SiweTooEarly,
    SiweUriWrong,
    check_siwe,
    parse_siwe,
)
from backend.chain.signature import checksum_address

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ADDRESS = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
ORIGIN = "http://127.0.0.1:8000"

EXAMPLE = """service.org wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ServiceOrg Terms of Service: https://service.org/tos

URI: https://service.org/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""
"""The example of the standard, section "Example messages"."""


def a_message(**fields: object) -> SiweMessage:
    whole = SiweMessage(
        domain="127.0.0.1:8000", address=ADDRESS, uri=ORIGIN, chain_id=31337, nonce="a1b2c3d4e5", issued_at=NOW
    )
    return replace(whole, **fields)  # type: ignore[arg-type]  # the tests give wrong values on purpose


def check(message: SiweMessage, now: datetime = NOW) -> None:
    check_siwe(message, origin=ORIGIN, chain_id=31337, now=now)


_URI_TEXT = st.from_regex(r"[a-z]{2,6}:[A-Za-z0-9\-._~/?#!$&'()*+,;=:@]{1,30}", fullmatch=True)
_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
_MESSAGES = st.builds(
    SiweMessage,
    domain=st.from_regex(r"[a-z0-9.\-]{1,20}(:[0-9]{1,5})?", fullmatch=True),
    address=st.binary(min_size=20, max_size=20).map(checksum_address),
    uri=_URI_TEXT,
    chain_id=st.integers(min_value=0, max_value=2**256 - 1),
    nonce=st.from_regex(r"[A-Za-z0-9]{8,32}", fullmatch=True),
    issued_at=_TIMES,
    scheme=st.none() | st.sampled_from(["http", "https"]),
    statement=st.none() | st.from_regex(r"[A-Za-z0-9 .,:;/?'()!]{1,60}", fullmatch=True),
    expiration_time=st.none() | _TIMES,
    not_before=st.none() | _TIMES,
    request_id=st.none() | st.from_regex(r"[A-Za-z0-9\-._~]{0,12}", fullmatch=True),
    resources=st.none() | st.lists(_URI_TEXT, max_size=3).map(tuple),
)


def test_parse__the_standards_own_example__is_read_field_by_field() -> None:
    message = parse_siwe(EXAMPLE)

    assert (message.domain, message.address, message.chain_id, message.nonce) == ("service.org", ADDRESS, 1, "32891756")
    assert message.statement == "I accept the ServiceOrg Terms of Service: https://service.org/tos"
    assert message.issued_at == datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)
    assert message.resources is not None
    assert len(message.resources) == 2
    assert message.text() == EXAMPLE


@given(_MESSAGES)
def test_build_and_parse__any_message__reads_back_as_itself(message: SiweMessage) -> None:
    assert parse_siwe(message.text()) == message


@given(_MESSAGES, st.data())
def test_parse__one_character_changed__reads_as_another_or_not_at_all(
    message: SiweMessage, data: st.DataObject
) -> None:
    text = message.text()
    at = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    changed = text[:at] + data.draw(st.characters(codec="utf-8")) + text[at + 1 :]
    assume(changed != text)

    try:
        read = parse_siwe(changed)
    except SiweMalformed:
        return
    assert read != message


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("service.org wants you to sign in with your Ethereum account:", "service.org wants you:"),
        ("service.org wants", "user@service.org wants"),
        ("service.org wants", " wants"),
        (ADDRESS, ADDRESS.lower()),
        (ADDRESS, ADDRESS[:-1]),
        (f"{ADDRESS}\n\n", f"{ADDRESS}\n"),
        ("I accept", "我接受"),
        ("I accept", 'I "accept"'),
        ("tos\n\nURI", "tos\nURI"),
        ("tos\n\nURI", "tos\n\n\nURI"),
        ("URI: https://service.org/login", "URI: service.org"),
        ("URI: https://service.org/login", "URI: https://service.org/a b"),
        ("URI: https://service.org/login", "URI: https://service.org/%zz"),
        ("URI: https", "uri: https"),
        ("Version: 1", "Version: 2"),
        ("Version: 1\n", ""),
        ("Chain ID: 1", "Chain ID: 0x1"),
        ("Chain ID: 1", "Chain ID: 01"),
        ("Chain ID: 1", "Chain ID: -1"),
        ("Nonce: 32891756", "Nonce: 3289175"),
        ("Nonce: 32891756", "Nonce: 32891756!"),
        ("Nonce: 32891756\n", ""),
        ("Issued At: 2021-09-30T16:25:24Z", "Issued At: 2021-09-30"),
        ("Issued At: 2021-09-30T16:25:24Z", "Issued At: 2021-09-31T16:25:24Z"),
        ("Issued At: 2021-09-30T16:25:24Z", "Issued At: 2021-09-30T16:25:24"),
        ("Issued At: 2021-09-30T16:25:24Z", "Issued At: ２０２１-09-30T16:25:24Z"),
        ("24Z\n", "24Z\nNot Before: later\n"),
        ("24Z\n", "24Z\nNot Before: 2021-09-30T16:25:24Z\nExpiration Time: 2021-09-30T16:25:24Z\n"),
        ("24Z\n", "24Z\nRequest ID: a b\n"),
        ("Resources:\n", "Resources: \n"),
        ("- ipfs", "ipfs"),
        ("claim.json", "claim.json\n"),
        ("claim.json", "claim.json\nSigned"),
        ("\n", "\r\n"),
    ],
)
def test_parse__one_part_against_the_grammar__is_malformed(good: str, bad: str) -> None:
    assert good in EXAMPLE

    with pytest.raises(SiweMalformed) as caught:
        parse_siwe(EXAMPLE.replace(good, bad))
    assert caught.value.fields["part"]


def test_parse__a_text_beyond_the_length_limit__is_malformed() -> None:
    with pytest.raises(SiweMalformed, match="4096"):
        parse_siwe(EXAMPLE + "x" * 4096)


def test_build__a_statement_with_a_line_break__is_refused_before_anyone_signs_it() -> None:
    with pytest.raises(SiweMalformed):
        a_message(statement="Sign in\n\nURI: https://evil.example").text()


@given(st.text(max_size=300))
def test_parse__any_text__is_a_message_or_malformed_and_nothing_else(text: str) -> None:
    with pytest.raises(SiweMalformed):
        parse_siwe(text)


@pytest.mark.parametrize("uri", [ORIGIN, f"{ORIGIN}/", f"{ORIGIN}/ledger?year=2025"])
def test_check__a_message_for_this_site_now__passes(uri: str) -> None:
    check(a_message(uri=uri, scheme="http", expiration_time=NOW + timedelta(seconds=1), not_before=NOW))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"domain": "evil.example"}, SiweDomainWrong),
        ({"domain": "127.0.0.1"}, SiweDomainWrong),
        ({"domain": "127.0.0.1:80001"}, SiweDomainWrong),
        ({"scheme": "https"}, SiweDomainWrong),
        ({"uri": "http://evil.example/"}, SiweUriWrong),
        ({"uri": ORIGIN + "1/"}, SiweUriWrong),
        ({"uri": ORIGIN + "@evil.example/"}, SiweUriWrong),
        ({"chain_id": 1}, SiweChainWrong),
        ({"expiration_time": NOW}, SiweExpired),
        ({"not_before": NOW + timedelta(seconds=1)}, SiweTooEarly),
        ({"issued_at": NOW + CLOCK_SKEW + timedelta(seconds=1)}, SiweTooEarly),
    ],
)
def test_check__one_field_for_another_place_or_time__is_refused(
    fields: dict[str, object], error: type[SiweRefused]
) -> None:
    with pytest.raises(error):
        check(a_message(**fields))
