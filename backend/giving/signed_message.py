"""A person's signed message, made by a command with the person's key, for the server that is to relay it."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from backend.access.client import ApiClient
from backend.access.signed_in import Key, require_fit_key
from backend.chain.typed_data import Domain, sign
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import NotFound

GOOD_FOR = timedelta(hours=1)
"""How long a relay may take with a message that a command signed."""

Send: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
"""Posts a body to a path, or says what it would post."""


class MessageUnknown(NotFound):
    """The server's contracts take no such message."""

    code = "signing.message_unknown"

    def __init__(self, type_name: str, contract: str) -> None:
        super().__init__(
            f"{contract} of that server takes no {type_name}; `tanyu signing` lists what it takes",
            message_type=type_name,
            contract=contract,
        )


def fresh_number() -> int:
    """A number for an act: any that its account has not used; no act waits for another."""
    return secrets.randbits(64)


def deadline_after(now: datetime) -> int:
    """Unix seconds until which a message signed now may be relayed."""
    return unix_s(now + GOOD_FOR)


def signed_body(
    client: ApiClient, key: Key, type_name: str, message: Mapping[str, object], *, contract: str = "Charity"
) -> dict[str, Any]:
    """The fields as JSON with the key's signature for a contract of the server. The types are ours: a server that would
    have something else signed gets a signature that is good for nothing. Raises MessageUnknown, DevKeyRefused.
    """
    require_fit_key(client, key)
    domain = _domain(client, type_name, contract)
    signature = sign(key.signer, type_name, domain, message)
    return {name: _text(value) for name, value in message.items()} | {"signature": to_hex(signature)}


def _domain(client: ApiClient, type_name: str, contract: str) -> Domain:
    for one in client.get("/signing")["messages"]:
        if (one["primaryType"], one["contract"]) == (type_name, contract):
            found = one["domain"]
            return Domain(found["name"], found["version"], int(found["chainId"]), found["verifyingContract"])
    raise MessageUnknown(type_name, contract)


def _text(value: object) -> object:
    if isinstance(value, bytes):
        return to_hex(value)
    return value if isinstance(value, bool | str) else str(value)
