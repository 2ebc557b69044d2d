"""Charities' names over HTTP: what the registrar signs, and its signed word."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Iso, SignatureText, Wire
from backend.giving.charity_name import NAME_CHARS_MAX, charity_name_text, name_charity
from backend.giving.charity_tables import CharityNameWord
from backend.issuance.verification_routes import is_registrar_of

router = APIRouter(tags=["giving"])


class CharityNameBody(Wire):
    """A registrar's signed word about a charity's name (EIP-191; GET /charities/names/text has the text)."""

    charity: AddressText
    name: str
    registrar: AddressText
    said_at: Iso
    signature: SignatureText

    def word(self) -> CharityNameWord:
        """As a row."""
        return CharityNameWord(
            charity=self.charity,
            name=self.name,
            registrar=self.registrar,
            said_at=self.said_at,
            signature=self.signature,
        )


class CharityNameTextOut(Wire):
    """A text to sign."""

    text: str


class CharityNameOut(Wire):
    """What a registrar said that a charity is called."""

    charity: AddressText
    name: str
    registrar: AddressText
    said_at: Iso


@router.get("/charities/names/text")
def charity_name_words(
    request: Request,
    *,
    charity: AddressText,
    name: Annotated[str, Query(max_length=NAME_CHARS_MAX)],
    registrar: AddressText,
    said_at: Annotated[Iso, Query(alias="saidAt")],
) -> CharityNameTextOut:
    """What a registrar signs (EIP-191) to give a charity a name."""
    deployment = deployment_of(request)
    text = charity_name_text(deployment, charity=charity, name=name, registrar=registrar, said_at=said_at)
    return CharityNameTextOut(text=text)


@router.post("/charities/names", status_code=201)
def give_charity_name(request: Request, body: CharityNameBody) -> CharityNameOut:
    """Keeps a registrar's signed word about what a charity is called; a later one replaces it."""
    held = is_registrar_of(request)(body.registrar)  # asked before the database is locked: a node may be slow
    word = body.word()
    with database_of(request).write() as session:
        name_charity(session, deployment_of(request), word, by_registrar=held, at=clock_of(request).now())
        return CharityNameOut.model_validate({name: getattr(word, name) for name in CharityNameOut.model_fields})
