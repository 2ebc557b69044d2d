"""Who is asking, at the ledger's edge: the signed-in account, or its ward."""

from contextlib import suppress
from typing import Annotated, TypeAlias, cast

from fastapi import Depends, Query
from sqlmodel import Session
from starlette.requests import Request

from backend.access.session import CrossSite, NotSignedIn, session_of, signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText
from backend.footprint.place import place_of
from backend.kernel.errors import NotFound
from backend.ledger.access_log import Role, note
from backend.ledger.books import Books
from backend.ledger.person import AccountErased, AccountUnknown, Person, person_at


class WardUnknown(NotFound):
    """Not an account that the caller is the guardian of."""

    code = "account.ward_unknown"

    def __init__(self, address: str) -> None:
        super().__init__(f"you are not the guardian of {address}", address=address)


SignedIn: TypeAlias = Annotated[str, Depends(signed_in)]
OnBehalf: TypeAlias = Annotated[
    AddressText | None, Query(description="A ward of yours to act for; yourself if left out.")
]


def note_guardian(request: Request) -> None:
    """Dependency of every route: what is asked for a ward is noted in the ward's access log before it is answered.
    Whoever may not ask is told so by the route itself.
    """
    ward = request.query_params.get("ward")
    if not ward:
        return
    with suppress(NotSignedIn, CrossSite, AccountUnknown, AccountErased, WardUnknown):
        account = session_of(request).address
        with database_of(request).write() as session:
            person = acting(session, request, account, ward)
            if person.address == account:
                return
            note(
                session,
                person_id=person.person_id,
                role=Role.GUARDIAN,
                reader=account,
                what=f"{request.method} {request.scope['route'].path}",
                why="acts for its ward",
                at=clock_of(request).now(),
            )


def books_of(request: Request) -> Books:
    """What the ledger works with (`state.books`)."""
    return cast(Books, request.app.state.books)


def acting(session: Session, request: Request, account: str, ward: str | None) -> Person:
    """The person an account acts for: itself, or its ward while that is a minor. Raises AccountUnknown, AccountErased,
    WardUnknown.
    """
    own = person_at(session, account)
    if ward is None or ward == account:
        return own
    try:
        found = person_at(session, ward)
    except (AccountErased, AccountUnknown) as failure:
        raise WardUnknown(ward) from failure
    today = clock_of(request).now().astimezone(place_of(found.region).zone).date()
    if found.guardian != account or not found.is_minor_on(today):
        raise WardUnknown(ward)
    return found
