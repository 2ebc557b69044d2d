"""Replaced meters over HTTP: said by who lives there, and taken back while nothing was read under the new one."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.state import clock_of, database_of
from backend.access.wire import Wire
from backend.footprint.kind import Category
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.home import home_of
from backend.ledger.meter import replace_meter, undo_replacement

router = APIRouter(tags=["activities"])


class ReplacementBody(Wire):
    """A meter taken out and the new one in its place, on the day `on` in the home's time."""

    category: Category
    old: str
    new: str
    on: date


class ReplacementOut(Wire):
    """From when the new meter counts."""

    category: Category
    on: date


@router.post("/homes/{code}/meters/replacements", status_code=201)
def record_replacement(
    request: Request, account: SignedIn, code: str, body: ReplacementBody, ward: OnBehalf = None
) -> ReplacementOut:
    """Says that a home's meter was replaced: the old one ends and the new one begins with that day."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        home = home_of(session, person.person_id, code)
        replace_meter(
            session,
            books_of(request),
            home,
            person_id=person.person_id,
            category=body.category,
            old=body.old,
            new=body.new,
            on=body.on,
            at=clock_of(request).now(),
        )
    return ReplacementOut(category=body.category, on=body.on)


@router.delete("/homes/{code}/meters/replacements", status_code=204)
def take_replacement_back(
    *,
    request: Request,
    account: SignedIn,
    code: str,
    category: Category,
    new: Annotated[str, Query(description="The number that was given for the new meter.")],
    ward: OnBehalf = None,
) -> Response:
    """Takes back a replacement that nothing was read under, such as one with a mistyped number."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        home = home_of(session, person.person_id, code)
        undo_replacement(session, books_of(request), home, person_id=person.person_id, category=category, new=new)
    return Response(status_code=204)
