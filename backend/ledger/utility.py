"""Utilities whose signature makes a meter file grade M (`utilities.toml`), and what they sign.

A signature over the file alone would serve whoever holds the file. So the signed text names the account it was made
for, the file by its SHA-256, and each usage point with its meter's number: a neighbour's bill stays the neighbour's.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from backend.chain.keys import personal_recover, require_dev_chain
from backend.chain.signature import SignatureMalformed
from backend.footprint.kind import Category
from backend.kernel.digest import to_hex
from backend.kernel.errors import Forbidden, InvalidInput, NotFound, RuleViolated

ED25519_BYTES = 64


class Scheme(StrEnum):
    """How a utility signs: EIP-191 personal messages of an account, or Ed25519 (RFC 8032) over the text's UTF-8."""

    EIP191 = "eip191"
    ED25519 = "ed25519"


class UtilityUnknown(NotFound):
    """No utility is registered under that id."""

    code = "utility.unknown"

    def __init__(self, utility_id: str) -> None:
        super().__init__(f"no utility is registered as {utility_id[:40]!r}", utility=utility_id[:40])


class UtilityUnfit(RuleViolated):
    """The utility does not serve that region or category, or its key is not valid on that day."""

    code = "utility.unfit"

    def __init__(self, utility_id: str, why: str) -> None:
        super().__init__(f"{utility_id} cannot vouch for this: {why}", utility=utility_id, why=why)


class DeliveryUnsigned(Forbidden):
    """The signature is not the utility's over this file, this account and these meters."""

    code = "utility.delivery_unsigned"

    def __init__(self, utility_id: str, text: str) -> None:
        super().__init__(
            f"the signature is not {utility_id}'s over this file for this account and these meters",
            utility=utility_id,
            expected=text,
        )


class DeliveryIncomplete(InvalidInput):
    """A utility without its signature, or a signature without its utility."""

    code = "utility.delivery_incomplete"

    def __init__(self) -> None:
        super().__init__("give both the utility and its signature, or neither")


@dataclass(frozen=True)
class Utility:
    """A registered utility. `key`: an EIP-55 address, or 32 bytes of an Ed25519 public key in hex."""

    id: str
    name: str
    regions: frozenset[str]
    categories: frozenset[Category]
    scheme: Scheme
    key: str
    source: str
    """Where the key was published."""
    valid_from: date
    valid_until: date
    development: bool

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether the signature is this utility's over a text."""
        if self.scheme is Scheme.ED25519:
            return len(signature) == ED25519_BYTES and self._ed25519(text, signature)
        try:
            return personal_recover(text, signature) == self.key
        except SignatureMalformed:
            return False

    def _ed25519(self, text: str, signature: bytes) -> bool:
        public = eddsa.import_public_key(bytes.fromhex(self.key.removeprefix("0x")))
        try:
            eddsa.new(public, "rfc8032").verify(text.encode(), signature)
        except ValueError:
            return False
        return isinstance(public, ECC.EccKey)


@dataclass(frozen=True)
class Delivery:
    """What a person says comes from its utility."""

    utility_id: str
    signature: bytes


Utilities = Mapping[str, Utility]
"""By id."""


def parse_utilities(text: str) -> Utilities:
    """Utilities from their TOML; raises KeyError or ValueError for what is missing or unknown."""
    return {
        utility_id: Utility(
            id=utility_id,
            name=row["name"],
            regions=frozenset(row["regions"]),
            categories=frozenset(Category(name) for name in row["categories"]),
            scheme=Scheme(row["scheme"]),
            key=row["key"],
            source=row["source"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            development=row.get("development", False),
        )
        for utility_id, row in tomllib.loads(text).items()
    }


@cache
def shipped_utilities() -> Utilities:
    """The utilities in `utilities.toml`."""
    return parse_utilities(files("backend.ledger").joinpath("utilities.toml").read_text("utf-8"))


def delivery_text(utility_id: str, account: str, file_sha256: bytes, meters: Mapping[str, str]) -> str:
    """What a utility signs: one line each, usage points in alphabetical order."""
    lines = [
        "Tanyu meter delivery v1",
        f"utility: {utility_id}",
        f"account: {account}",
        f"file sha256: {to_hex(file_sha256)}",
        *(f"meter of {point}: {number}" for point, number in sorted(meters.items())),
    ]
    return "\n".join(lines)


def require_delivered(
    utilities: Utilities,
    delivery: Delivery,
    *,
    account: str,
    file_sha256: bytes,
    meters: Mapping[str, str],
    categories: frozenset[Category],
    region: str,
    on: date,
    chain_id: int,
) -> Utility:
    """The utility that signed this file for this account, fit for the home's region and the meters' categories.

    Raises UtilityUnknown, UtilityUnfit, DeliveryUnsigned, DevKeyRefused.
    """
    utility = utilities.get(delivery.utility_id)
    if utility is None:
        raise UtilityUnknown(delivery.utility_id)
    if utility.development:
        require_dev_chain(chain_id)
    if region not in utility.regions:
        raise UtilityUnfit(utility.id, f"it does not serve {region}")
    if not categories <= utility.categories:
        raise UtilityUnfit(utility.id, f"it does not deliver {', '.join(sorted(categories - utility.categories))}")
    if not utility.valid_from <= on <= utility.valid_until:
        raise UtilityUnfit(utility.id, f"its key is good from {utility.valid_from} to {utility.valid_until}")
    text = delivery_text(utility.id, account, file_sha256, meters)
    if not utility.signed(text, delivery.signature):
        raise DeliveryUnsigned(utility.id, text)
    return utility
