"""Who is asking, at the ledger's edge: the signed-in account, or its ward."""

from typing import Annotated, TypeAlias, cast

from fastapi import Depends, Query
from sqlmodel import Session
from starlette.requests import Request

from backend.access.session import signed_in
from backend.access.state import clock_of
from backend.access.wire import AddressText
from backend.footprint.place import place_of
from backend.kernel.errors import NotFound
from backend.ledger.books import Books
from backend.ledger.person import AccountUnknown, Person, person_at


class WardUnknown(NotFound):
    """Not an account that the caller is the guardian of."""

    code = "account.ward_unknown"

    def __init__(self, address: str) -> None:
        super().__init__(f"you are not the guardian of {address}", address=address)


SignedIn: TypeAlias = Annotated[str, Depends(signed_in)]
OnBehalf: TypeAlias = Annotated[
    AddressText | None, Query(description="A ward of yours to act for; yourself if left out.")
]


def books_of(request: Request) -> Books:
    """What the ledger works with (`state.books`)."""
    return cast(Books, request.app.state.books)


def acting(session: Session, request: Request, account: str, ward: str | None) -> Person:
    """The person an account acts for: itself, or its ward while that is a minor. Raises AccountUnknown, WardUnknown."""
    own = person_at(session, account)
    if ward is None or ward == account:
        return own
    try:
        found = person_at(session, ward)
    except AccountUnknown as failure:
        raise WardUnknown(ward) from failure
    today = clock_of(request).now().astimezone(place_of(found.region).zone).date()
    if found.guardian != account or not found.is_minor_on(today):
        raise WardUnknown(ward)
    return found
