"""Closing a person's vintage and submitting it: the use cases around the pure rules of `statement.py`."""

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlmodel import Session, col, func, select

from backend.footprint.place import place_of
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import Conflict, RuleViolated
from backend.ledger import document
from backend.ledger.address import claim_addresses_of
from backend.ledger.books import Books
from backend.ledger.claim_address import ClaimAddress, require_claim_address
from backend.ledger.content import Account, content_of
from backend.ledger.deficit import refresh_state
from backend.ledger.draft import Draft, draft_of
from backend.ledger.policy import Policy
from backend.ledger.residence import region_on, residences_of
from backend.ledger.service import Statement, StatementUnknown, release_netting, statement_of
from backend.ledger.state import State, StatementStateWrong, once_anchored, step
from backend.ledger.tables import NettingRow, PersonRow, StatementRow, StatementStateRow


class VintageOpen(RuleViolated):
    """The year is not over yet; only a whole vintage year closes."""

    code = "statement.vintage_open"

    def __init__(self, vintage: int, region: str) -> None:
        super().__init__(
            f"{vintage} is not over in {region}; a vintage closes after its last local day",
            vintage=vintage,
            region=region,
        )


class EarlierOpen(RuleViolated):
    """An earlier vintage is not attested yet; closing out of order could dodge a deficit."""

    code = "statement.earlier_open"

    def __init__(self, vintage: int, earlier: int) -> None:
        super().__init__(f"{earlier} must be attested before {vintage} is closed", vintage=vintage, earlier=earlier)


class CapExceeded(RuleViolated):
    """The region's total quantity is given out."""

    code = "policy.cap_exceeded"

    def __init__(self, policy: Policy, given_gco2e: int, budget_gco2e: int) -> None:
        super().__init__(
            f"{policy.id} has given out {given_gco2e} g of {policy.region_cap_gco2e} g; {budget_gco2e} g do not fit",
            policy=policy.id,
            cap_gco2e=policy.region_cap_gco2e,
            given_gco2e=given_gco2e,
            budget_gco2e=budget_gco2e,
        )


class StatementStale(Conflict):
    """Something it was made of changed since it was closed; close it again."""

    code = "statement.stale"

    def __init__(self, changed: Sequence[str]) -> None:
        super().__init__(
            "the statement no longer matches what it was made of; close it again", changed=list(changed)[:20]
        )


class AppealPending(Conflict):
    """Another verifier decides about the return; the person cannot hand the statement in again meanwhile."""

    code = "statement.appeal_pending"

    def __init__(self, vintage: int) -> None:
        super().__init__(f"the appeal about {vintage} is not decided yet", vintage=vintage)


def require_over(region: str, vintage: int, at: datetime) -> None:
    """Raises VintageOpen before a vintage's last local day is over."""
    if at < datetime.combine(date(vintage + 1, 1, 1), time.min, place_of(region).zone):
        raise VintageOpen(vintage, region)


def _check_order(session: Session, books: Books, person: PersonRow, vintage: int) -> None:
    assert person.id is not None
    residences = residences_of(session, person.id)
    for earlier in range(person.joined_on.year, vintage):
        if books.policies.find(region_on(residences, date(earlier, 12, 31)), earlier) is None:
            continue
        statement = statement_of(session, person.id, earlier)
        if statement is None or statement.state in {State.CLOSED, State.SUBMITTED, State.RETURNED, State.APPEALED}:
            raise EarlierOpen(vintage, earlier)


def _check_cap(session: Session, policy: Policy, own: StatementRow | None, budget_gco2e: int) -> None:
    """Counts every current statement under the policy, whatever its state: a budget given out is never taken back."""
    query = select(func.sum(col(StatementRow.budget_gco2e))).where(
        col(StatementRow.policy_id) == policy.id, col(StatementRow.current)
    )
    if own is not None:
        query = query.where(col(StatementRow.id) != own.id)
    given = int(session.exec(query).one() or 0)
    if given + budget_gco2e > policy.region_cap_gco2e:
        raise CapExceeded(policy, given, budget_gco2e)


def _current_row(session: Session, person_id: int, vintage: int) -> StatementRow | None:
    return session.exec(
        select(StatementRow).where(
            col(StatementRow.person_id) == person_id, col(StatementRow.vintage) == vintage, col(StatementRow.current)
        )
    ).one_or_none()


def close(
    session: Session,
    books: Books,
    *,
    person_id: int,
    vintage: int,
    at: datetime,
    claim: ClaimAddress | None = None,
) -> Statement:
    """Closes a vintage year, or closes it anew if it is closed or was returned. Missing months count as defaults.
    `claim` is an address that this vintage's credits mint to; the person's own if it is left out.

    Raises VintageOpen, PolicyUnknown, NotAMember, EarlierOpen, FactorUnknown, BasisMismatch, CapExceeded,
    StatementStateWrong, and what `require_claim_address` raises.
    """
    person = session.get(PersonRow, person_id)
    assert person is not None
    own = _current_row(session, person_id, vintage)
    step(State(own.state) if own is not None else State.OPEN, State.CLOSED)
    region = region_on(residences_of(session, person_id), date(vintage, 12, 31))
    require_over(region, vintage, at)
    draft = draft_of(session, books, person_id, vintage)
    _check_order(session, books, person, vintage)
    _check_cap(session, draft.policy, own, draft.year.budget_gco2e)
    address = person.address if claim is None else require_claim_address(session, person, vintage, claim)
    account = Account(address, draft.nullifier, _next_version(session, person_id, vintage))
    if own is not None:
        _retire_version(session, own)
    return _keep(session, books, draft, account, at)


def _next_version(session: Session, person_id: int, vintage: int) -> int:
    query = select(func.max(col(StatementRow.version))).where(
        col(StatementRow.person_id) == person_id, col(StatementRow.vintage) == vintage
    )
    return (session.exec(query).one() or 0) + 1


def _retire_version(session: Session, own: StatementRow) -> None:
    """Keeps a version as history, so that the next can say what changed; what it would have netted is free again."""
    release_netting(session, own)
    own.current = False
    session.add(own)
    session.flush()


def reopen(session: Session, *, person_id: int, vintage: int) -> None:
    """Undoes a closing that nobody was shown: the year is open again, the version is history.

    Raises StatementUnknown, StatementStateWrong.
    """
    own = _current_row(session, person_id, vintage)
    if own is None:
        raise StatementUnknown(f"{vintage} is not closed", vintage=vintage)
    step(State(own.state), State.OPEN)
    _retire_version(session, own)


def _keep(session: Session, books: Books, draft: Draft, account: Account, at: datetime) -> Statement:
    person, policy, year, plan = draft.person, draft.policy, draft.year, draft.plan
    made = document.document_of(_content(books, draft, account), books.salts)
    assert person.id is not None
    row = StatementRow(
        person_id=person.id,
        vintage=policy.vintage,
        version=account.version,
        current=True,
        standing=StatementStateRow(
            digest=made.digest, state=State.CLOSED, once_anchored=once_anchored(plan.credit_gco2e, year.deficit_gco2e)
        ),
        region=policy.region,
        account=account.address,
        methodology=policy.methodology,
        class_id=policy.class_id,
        policy_id=policy.id,
        policy_digest=policy.digest,
        settle_regions=" ".join(policy.settle_regions),
        factors_digest=books.factors_for(policy.vintage).digest,
        nullifier=draft.nullifier,
        digest=made.digest,
        document=made.text(),
        budget_gco2e=year.budget_gco2e,
        footprint_gco2e=year.footprint_gco2e,
        bound_gco2e=year.bound_gco2e,
        surplus_gco2e=year.surplus_gco2e,
        carried_in_gco2e=plan.carried_in_gco2e,
        netted_gco2e=plan.netted_gco2e,
        credit_gco2e=plan.credit_gco2e,
        carried_out_gco2e=plan.carried_out_gco2e,
        deficit_gco2e=year.deficit_gco2e,
        closed_at=at,
    )
    session.add(row)
    session.flush()
    _set_aside(session, row, draft)
    found = statement_of(session, row.person_id, row.vintage)
    assert found is not None
    return found


def _content(books: Books, draft: Draft, account: Account) -> dict[str, Json]:
    factors_digest = to_hex(books.factors_for(draft.policy.vintage).digest)
    return content_of(account, draft.year, draft.plan, factors_digest, draft.memos)


def submit(session: Session, books: Books, *, person_id: int, vintage: int, at: datetime) -> Statement:
    """Hands a closed statement to the verifiers; from here on what it was made of stands still.

    Raises StatementUnknown, StatementStateWrong, AppealPending, StatementStale.
    """
    row = _current_row(session, person_id, vintage)
    if row is None:
        raise StatementUnknown(f"{vintage} is not closed; close it first", vintage=vintage)
    step(State(row.state), State.SUBMITTED)
    if State(row.state) is State.APPEALED:
        raise AppealPending(vintage)
    _require_fresh(session, books, row)
    return _submitted(session, row, at)


def reinstate(session: Session, books: Books, *, person_id: int, vintage: int, at: datetime) -> Statement:
    """Hands an appealed statement to the verifiers again, as it was: the appeal was granted. What it nets is set aside
    again. Raises StatementUnknown, StatementStateWrong, StatementStale.
    """
    row = _current_row(session, person_id, vintage)
    if row is None:
        raise StatementUnknown(f"{vintage} is open", vintage=vintage)
    if State(row.state) is not State.APPEALED:
        raise StatementStateWrong(State(row.state), State.SUBMITTED)
    draft = _require_fresh(session, books, row)
    _set_aside(session, row, draft)
    row.reason = None
    return _submitted(session, row, at)


def _require_fresh(session: Session, books: Books, row: StatementRow) -> Draft:
    draft = draft_of(session, books, row.person_id, row.vintage)
    is_given = row.account is not None and row.account in claim_addresses_of(session, row.person_id)
    account = row.account if is_given and row.account else draft.person.address
    now = _content(books, draft, Account(account, draft.nullifier, row.version))
    then = document.verify(row.document).values
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise StatementStale(changed)
    return draft


def _submitted(session: Session, row: StatementRow, at: datetime) -> Statement:
    row.state, row.submitted_at = step(State(row.state), State.SUBMITTED), at
    session.add(row)
    session.flush()
    found = statement_of(session, row.person_id, row.vintage)
    assert found is not None
    return found


def _set_aside(session: Session, row: StatementRow, draft: Draft) -> None:
    assert row.id is not None
    for deficit, amount_gco2e in draft.plan.nettings:
        session.add(NettingRow(statement_id=row.id, deficit_id=deficit.deficit_id, amount_gco2e=amount_gco2e))
        session.flush()
        refresh_state(session, deficit.statement_id)
