"""Leaderboards over HTTP: read by everybody, joined and left by who is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import Amount, PageLimit
from backend.giving.board_bodies import BoardNameBody, BoardNameOut, BoardOut
from backend.giving.board_name import board_name_of, join_boards, leave_boards
from backend.giving.deed import DeedKind
from backend.giving.leaderboard import most_given, most_retired

router = APIRouter(tags=["giving"])

Account = Annotated[str, Depends(signed_in)]
Year = Annotated[int | None, Query(ge=2000, le=2999, description="A calendar year, by UTC; ever if left out.")]


@router.get("/leaderboards/retired")
def retired_most(request: Request, year: Year = None, limit: PageLimit = 50) -> BoardOut:
    """Who retired most for good, of those who asked to be listed. What settled a deficit is not counted."""
    with database_of(request).read() as session:
        return BoardOut.of(most_retired(session, year), DeedKind.RETIREMENT, limit)


@router.get("/leaderboards/given")
def given_most(
    request: Request, *, year: Year = None, campaign: Amount | None = None, limit: PageLimit = 50
) -> BoardOut:
    """Who gave most, to any campaign or to one, of those who asked to be listed. What goes back is not counted."""
    with database_of(request).read() as session:
        return BoardOut.of(most_given(session, year, campaign), DeedKind.DONATION, limit)


@router.get("/leaderboards/my-name")
def my_board_name(request: Request, account: Account) -> BoardNameOut:
    """What the signed-in account is called on the leaderboards, if it is on them."""
    with database_of(request).read() as session:
        return BoardNameOut.of(board_name_of(session, account))


@router.put("/leaderboards/my-name")
def join(request: Request, account: Account, body: BoardNameBody) -> BoardNameOut:
    """Puts the signed-in account on the leaderboards, under a name of its choice; or under another than before. Its
    address does not stand there, but whoever compares sums with the chain can find it.
    """
    with database_of(request).write() as session:
        return BoardNameOut.of(join_boards(session, account, body.name, clock_of(request).now()))


@router.delete("/leaderboards/my-name", status_code=204)
def leave(request: Request, account: Account) -> None:
    """Takes the signed-in account off the leaderboards, at once."""
    with database_of(request).write() as session:
        leave_boards(session, account)
