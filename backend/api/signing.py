"""`GET /signing`: all that a program needs to sign an act here: chain, contracts, EIP-712 domains and message types.

`GET /signing/{contract}`: the same contract's messages in words, as a wallet that reads ERC-7730 takes them.
"""

import json
from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.language import language_of
from backend.access.state import database_of, deployment_of
from backend.access.wire import AddressText, Wire
from backend.chain.clear_signing import described, descriptor
from backend.chain.deployment import Deployment
from backend.chain.permit import PERMIT_FIELDS, PERMIT_TYPE
from backend.chain.typed_data import type_files
from backend.kernel.errors import NotFound
from backend.link.balances import credit_classes

_DOMAIN_FIELDS = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))
_PERMIT = {
    "description": "Let a contract take payment tokens (EIP-2612); nonce is the token's next for the owner.",
    "verifyingContract": "PaymentToken",
    "primaryType": "Permit",
    "types": {"Permit": [{"name": name, "type": kind} for name, kind in PERMIT_FIELDS]},
    "typeString": PERMIT_TYPE,
}


class DescriptorUnknown(NotFound):
    """We tell of no messages of that contract."""

    code = "not_found.descriptor"

    def __init__(self, asked: str, expected: tuple[str, ...]) -> None:
        super().__init__(
            f"no descriptor of that name; expected one of {', '.join(expected)}", asked=asked, expected=list(expected)
        )


class FieldOut(Wire):
    """A field of a message: its name and Solidity type."""

    name: str
    type: str


class DomainOut(Wire):
    """Where a signature is valid: the contract that checks it, on its chain."""

    name: str
    version: str
    chain_id: int
    verifying_contract: AddressText


class MessageOut(Wire):
    """One act. `types`, `domain` and `primaryType`, with a message of these fields, are what an Ethereum key signs
    (`eth_signTypedData_v4`). There uint256 is a whole number; posted to this API it is a decimal string.
    """

    primary_type: str
    description: str
    contract: str
    domain: DomainOut
    types: dict[str, list[FieldOut]]
    type_string: str


class SigningOut(Wire):
    """The chain, the contracts by name, and every message that somebody signs; once for each contract that takes it."""

    chain_id: int
    genesis_hash: str
    contracts: dict[str, AddressText]
    messages: list[MessageOut]


@cache
def _definitions() -> tuple[dict[str, Any], ...]:
    found = [json.loads(path.read_text("utf-8")) for path in type_files()]
    each = [
        raw | {"verifyingContract": contract}
        for raw in found
        for contract in (raw["verifyingContract"], *raw.get("alsoVerifyingContracts", ()))
    ]
    return (*each, _PERMIT)


def _message(raw: dict[str, Any], deployment: Deployment) -> MessageOut:
    domain = deployment.domain(raw["verifyingContract"])
    own = {name: [FieldOut(**field) for field in fields] for name, fields in raw["types"].items()}
    return MessageOut(
        primary_type=raw["primaryType"],
        description=raw["description"],
        contract=raw["verifyingContract"],
        domain=DomainOut(
            name=domain.name,
            version=domain.version,
            chain_id=domain.chain_id,
            verifying_contract=domain.verifying_contract,
        ),
        types={"EIP712Domain": [FieldOut(name=name, type=kind) for name, kind in _DOMAIN_FIELDS], **own},
        type_string=raw["typeString"],
    )


def signing_of(deployment: Deployment) -> SigningOut:
    """What a deployment's contracts take as signed."""
    return SigningOut(
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        contracts=deployment.addresses,
        messages=[_message(raw, deployment) for raw in _definitions() if deployment.has(raw["verifyingContract"])],
    )


def signing_router() -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["signing"])

    @router.get("/signing")
    def signing(request: Request) -> SigningOut:
        """How to sign here: chain, contracts, EIP-712 domains and types. The README has an example of a whole act."""
        return signing_of(deployment_of(request))

    @router.get("/signing/{contract}")
    def words(request: Request, contract: str, lang: str | None = None) -> dict[str, Any]:
        """A contract's messages in words: its ERC-7730 descriptor, for wallets; `lang` is en or zh.

        It names this chain, the contract's address, the payment token and the credit classes.
        """
        if contract not in described():
            raise DescriptorUnknown(contract, described())
        language = language_of(lang, request.headers.get("accept-language", ""))
        with database_of(request).read() as session:
            class_ids = [known.class_id for known in credit_classes(session)]
        return descriptor(contract, deployment_of(request), class_ids, language)

    return router
