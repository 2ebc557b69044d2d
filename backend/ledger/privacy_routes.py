"""What a person may ask about its own data over HTTP: who read it, all of it at once, and to have it erased."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Iso, PageAfter, PageLimit, SignatureText, Wire
from backend.ledger.access_log import Access, Role, accesses_of, note
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.erasure import Confirmation, destroy_keys, erase, given_up, in_the_way
from backend.ledger.erasure_terms import GOES, REMAINS, erasure_text
from backend.ledger.export import export_pieces
from backend.ledger.notice_out import NoticeOut, notices_out

router = APIRouter(tags=["accounts"])


class AccessOut(Wire):
    """Somebody read what is yours. `role`: `verifier`, `guardian`, `operator`, or `self` for your own export."""

    id: int
    at: Iso
    role: str
    reader: AddressText | None
    what: str
    why: str


class AccessLogOut(Wire):
    """In order of time; `id` of the last is the next page's `after`."""

    accesses: list[AccessOut]


class ErasureOut(Wire):
    """What an erasure means, what has to be settled first, and which credit it gives up. `text` is to be signed as a
    personal message (EIP-191); good for an hour.
    """

    text: str
    in_the_way: list[str]
    gives_up: list[str]
    goes: list[NoticeOut]
    remains: list[NoticeOut]


class ErasureBody(Wire):
    """`signature` of the text of `GET /accounts/me/erasure` for the same `signedAt`, by the signed-in key."""

    signed_at: Iso
    signature: SignatureText


class ErasedOut(Wire):
    """What was erased, and what remains of it."""

    account: AddressText
    remains: list[NoticeOut]


def _access(one: Access) -> AccessOut:
    return AccessOut(id=one.access_id, at=one.at, role=str(one.role), reader=one.reader, what=one.what, why=one.why)


@router.get("/accounts/me/access-log")
def read_your_access_log(
    request: Request, account: SignedIn, after: PageAfter = 0, limit: PageLimit = 100, ward: OnBehalf = None
) -> AccessLogOut:
    """Who read what is yours, in which role, when and why."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        found = accesses_of(session, person.person_id, after=after, limit=limit)
    return AccessLogOut(accesses=[_access(one) for one in found])


@router.get("/accounts/me/export", response_class=StreamingResponse)
def export_your_data(request: Request, account: SignedIn, ward: OnBehalf = None) -> StreamingResponse:
    """Everything about the account as one canonical JSON document, piece by piece. Noted in the access log."""
    now = clock_of(request).now()
    with database_of(request).write() as session:
        person_id = acting(session, request, account, ward).person_id
        role = Role.SELF if ward in {None, account} else Role.GUARDIAN
        note(session, person_id=person_id, role=role, reader=account, what="everything", why="export", at=now)

    def pieces() -> Iterator[bytes]:
        with database_of(request).read() as session:
            yield from export_pieces(session, books_of(request), person_id, now)

    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="tanyu-export.json"'}
    return StreamingResponse(pieces(), media_type="application/json", headers=headers)


@router.get("/accounts/me/erasure")
def what_an_erasure_means(
    request: Request,
    account: SignedIn,
    signed_at: Annotated[Iso, Query(alias="signedAt")],
    ward: OnBehalf = None,
) -> ErasureOut:
    """What goes and what remains when the account, or a ward's, is erased; what is in the way; the words to sign."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        obstacles = in_the_way(session, books_of(request), person, clock_of(request).now())
        lost = given_up(session, person)
    text = erasure_text(
        account=person.address, signer=account, chain_id=deployment_of(request).chain_id, signed_at=signed_at
    )
    goes, remains = notices_out(GOES), notices_out(REMAINS)
    return ErasureOut(text=text, in_the_way=obstacles, gives_up=lost, goes=goes, remains=remains)


@router.delete("/accounts/me")
def erase_yourself(
    request: Request, response: Response, account: SignedIn, body: ErasureBody, ward: OnBehalf = None
) -> ErasedOut:
    """Erases the account, or a ward's, at once and for good: its key is destroyed. Read `GET /accounts/me/erasure`."""
    database, now = database_of(request), clock_of(request).now()
    given = Confirmation(account, deployment_of(request).chain_id, body.signed_at, body.signature)
    with database.write() as session:
        person = acting(session, request, account, ward)
        erase(session, books_of(request), person, given, at=now)
    destroy_keys(database, person.person_id)
    response.headers["Cache-Control"] = "no-store"
    return ErasedOut(account=person.address, remains=notices_out(REMAINS))
