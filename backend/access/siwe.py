"""EIP-4361 "Sign-In with Ethereum" messages: parsed and built by the letter of its ABNF, then checked.

Stricter than the ABNF in one point: the domain takes no `user@` part, which serves only to deceive. The statement is
ASCII by the standard, so translations stand beside the message, never in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backend.chain.signature import checksum_address
from backend.kernel.clock import iso
from backend.kernel.errors import InvalidInput, Unauthenticated

CLOCK_SKEW = timedelta(seconds=60)
"""How far ahead of ours a signer's clock may run."""

MESSAGE_CHARS_MAX = 4096

_HEADER = " wants you to sign in with your Ethereum account:"
_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_DOMAIN = re.compile(
    rf"(?:(?P<scheme>{_SCHEME})://)?(?P<domain>(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?)"
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_STATEMENT = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+")
_URI = re.compile(rf"{_SCHEME}:(?:{_PCHAR}|[/?#\[\]])+")
_CHAIN_ID = re.compile(r"0|[1-9][0-9]{0,77}")
_NONCE = re.compile(r"[A-Za-z0-9]{8,64}")
_REQUEST_ID = re.compile(rf"{_PCHAR}*")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+\-]\d{2}:\d{2})", re.ASCII)


class SiweMalformed(InvalidInput):
    """Not an EIP-4361 message."""

    code = "siwe.malformed"

    def __init__(self, part: str, expected: str) -> None:
        super().__init__(f"not a sign-in message (EIP-4361): {part} must be {expected}", part=part, expected=expected)


class SiweRefused(Unauthenticated):
    """A well-formed sign-in message that is not valid here and now."""

    code = "siwe.refused"

    def __init__(self, what: str, found: str, expected: str) -> None:
        super().__init__(f"the message's {what} is {found}; expected {expected}", found=found, expected=expected)


class SiweDomainWrong(SiweRefused):
    """Signed for another site: the mark of phishing."""

    code = "siwe.domain_wrong"


class SiweUriWrong(SiweRefused):
    """Signed for a URI that is not ours."""

    code = "siwe.uri_wrong"


class SiweChainWrong(SiweRefused):
    """Signed for another chain."""

    code = "siwe.chain_wrong"


class SiweExpired(SiweRefused):
    """Its expiration time has come."""

    code = "siwe.expired"


class SiweTooEarly(SiweRefused):
    """Its not-before time, or the time it says it was issued, has not come."""

    code = "siwe.too_early"


@dataclass(frozen=True)
class SiweMessage:
    """The fields of EIP-4361. `resources` is None where the message has no Resources line. Times are UTC."""

    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    scheme: str | None = None
    statement: str | None = None
    expiration_time: datetime | None = None
    not_before: datetime | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None

    def text(self) -> str:
        """The message as it is signed; parse_siwe reads it back. Raises SiweMalformed for a field that cannot stand."""
        origin = f"{self.scheme}://{self.domain}" if self.scheme is not None else self.domain
        lines = [origin + _HEADER, self.address, ""]
        lines += [self.statement] if self.statement is not None else []
        lines += ["", f"URI: {self.uri}", "Version: 1", f"Chain ID: {self.chain_id}", f"Nonce: {self.nonce}"]
        lines.append(f"Issued At: {iso(self.issued_at)}")
        if self.expiration_time is not None:
            lines.append(f"Expiration Time: {iso(self.expiration_time)}")
        if self.not_before is not None:
            lines.append(f"Not Before: {iso(self.not_before)}")
        if self.request_id is not None:
            lines.append(f"Request ID: {self.request_id}")
        if self.resources is not None:
            lines += ["Resources:", *(f"- {resource}" for resource in self.resources)]
        text = "\n".join(lines)
        if parse_siwe(text) != self:
            raise SiweMalformed("every field", "one that reads back as itself")
        return text


def _matched(pattern: re.Pattern[str], value: str, part: str, expected: str) -> str:
    if not pattern.fullmatch(value):
        raise SiweMalformed(part, expected)
    return value


def _time(value: str, part: str) -> datetime:
    _matched(_TIME, value, part, "an RFC 3339 date-time")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as failure:
        raise SiweMalformed(part, "a date-time that exists") from failure


class _Lines:
    """The message's lines, taken from the top."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")

    def take(self, part: str) -> str:
        if not self.lines:
            raise SiweMalformed(part, "present")
        return self.lines.pop(0)

    def blank(self, part: str) -> None:
        if self.take(part) != "":
            raise SiweMalformed(part, "an empty line")

    def field(self, label: str) -> str:
        line = self.take(label)
        if not line.startswith(f"{label}: "):
            raise SiweMalformed(label, f"a line `{label}: ...`")
        return line[len(label) + 2 :]

    def field_if_any(self, label: str) -> str | None:
        return self.field(label) if self.lines and self.lines[0].startswith(f"{label}:") else None

    def rest(self) -> Iterator[str]:
        while self.lines:
            yield self.lines.pop(0)


def _address(value: str) -> str:
    _matched(_ADDRESS, value, "address", "0x and 40 hex digits")
    if checksum_address(bytes.fromhex(value[2:])) != value:
        raise SiweMalformed("address", "written in EIP-55")
    return value


def _resources(lines: _Lines) -> tuple[str, ...] | None:
    if not lines.lines:
        return None
    if lines.take("Resources") != "Resources:":
        raise SiweMalformed("what follows the times", "`Request ID: ...` and `Resources:`, or nothing")
    resources = []
    for line in lines.rest():
        if not line.startswith("- "):
            raise SiweMalformed("resource", "a line `- URI`")
        resources.append(_matched(_URI, line[2:], "resource", "an RFC 3986 URI"))
    return tuple(resources)


def parse_siwe(text: str) -> SiweMessage:
    """The message in a text, or SiweMalformed naming the part that is wrong. Lines end in LF; none follows the last."""
    if len(text) > MESSAGE_CHARS_MAX:
        raise SiweMalformed("the message", f"at most {MESSAGE_CHARS_MAX} characters")
    lines = _Lines(text)
    header = lines.take("first line")
    origin = _DOMAIN.fullmatch(header.removesuffix(_HEADER)) if header.endswith(_HEADER) else None
    if origin is None:
        raise SiweMalformed("first line", f"`[scheme://]host[:port]{_HEADER}`")
    address = _address(lines.take("address"))
    lines.blank("the line after the address")
    statement: str | None = lines.take("statement") or None
    if statement is not None:
        _matched(_STATEMENT, statement, "statement", "one line of ASCII letters, digits, spaces and URI punctuation")
        lines.blank("the line after the statement")
    uri = _matched(_URI, lines.field("URI"), "URI", "an RFC 3986 URI")
    if lines.field("Version") != "1":
        raise SiweMalformed("Version", "1")
    chain_id = int(_matched(_CHAIN_ID, lines.field("Chain ID"), "Chain ID", "a decimal number"))
    nonce = _matched(_NONCE, lines.field("Nonce"), "Nonce", "8 to 64 letters and digits")
    issued_at = _time(lines.field("Issued At"), "Issued At")
    expiration = lines.field_if_any("Expiration Time")
    not_before = lines.field_if_any("Not Before")
    request_id = lines.field_if_any("Request ID")
    return SiweMessage(
        scheme=origin["scheme"],
        domain=origin["domain"],
        address=address,
        statement=statement,
        uri=uri,
        chain_id=chain_id,
        nonce=nonce,
        issued_at=issued_at,
        expiration_time=None if expiration is None else _time(expiration, "Expiration Time"),
        not_before=None if not_before is None else _time(not_before, "Not Before"),
        request_id=None if request_id is None else _matched(_REQUEST_ID, request_id, "Request ID", "URI characters"),
        resources=_resources(lines),
    )


def check_siwe(message: SiweMessage, *, origin: str, chain_id: int, now: datetime) -> None:
    """Refuses a message that is not for this origin and chain, or not for this moment. Its nonce is checked elsewhere.

    Raises SiweDomainWrong, SiweUriWrong, SiweChainWrong, SiweExpired, SiweTooEarly.
    """
    scheme, _, domain = origin.partition("://")
    if message.domain != domain or message.scheme not in {None, scheme}:
        raise SiweDomainWrong("domain", message.domain, domain)
    if message.uri != origin and not message.uri.startswith(f"{origin}/"):
        raise SiweUriWrong("URI", message.uri, f"{origin} or below")
    if message.chain_id != chain_id:
        raise SiweChainWrong("chain id", str(message.chain_id), str(chain_id))
    if message.expiration_time is not None and now >= message.expiration_time:
        raise SiweExpired("expiration time", iso(message.expiration_time), f"later than {iso(now)}")
    if message.not_before is not None and now < message.not_before:
        raise SiweTooEarly("not-before time", iso(message.not_before), f"{iso(now)} or earlier")
    if message.issued_at > now + CLOCK_SKEW:
        raise SiweTooEarly("issued-at time", iso(message.issued_at), f"{iso(now)} or earlier")
