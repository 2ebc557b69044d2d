"""Closing a person's vintage and submitting it: the use cases around the pure rules of `statement.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from sqlmodel import Session, col, func, select

from backend.footprint.activity import Activity
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.span import Span, days_span
from backend.kernel.clock import unix_s
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import Conflict, RuleViolated
from backend.ledger import document
from backend.ledger.accrual import Membership, membership_of
from backend.ledger.books import Books
from backend.ledger.content import Account, content_of
from backend.ledger.coverage import Home, Reading
from backend.ledger.deficit import open_deficits, refresh_state
from backend.ledger.home import HomeView, homes_of, shares_in, sharing, stays
from backend.ledger.meter import first_in_place
from backend.ledger.netting import Plan, plan_of
from backend.ledger.policy import Policy
from backend.ledger.service import Statement, StatementUnknown, release_netting, statement_of
from backend.ledger.state import State, step
from backend.ledger.statement import Year, year_of
from backend.ledger.tables import ActivityRow, MeterRow, NettingRow, PersonRow, StatementRow


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


@dataclass(frozen=True)
class _Draft:
    person: PersonRow
    policy: Policy
    year: Year
    plan: Plan
    nullifier: bytes


def _homes(session: Session, person_id: int, member: Membership) -> list[tuple[HomeView, tuple[tuple[Span, int], ...]]]:
    found = []
    for home in homes_of(session, person_id):
        runs = sharing(stays(session, home.premises_id), person_id, member.first, member.last)
        if runs:
            found.append((home, shares_in(home, runs)))
    return found


def _meters(rows: Sequence[MeterRow]) -> dict[Category, frozenset[str]]:
    first = first_in_place(rows)
    names: dict[Category, set[str]] = {}
    for row in rows:
        names.setdefault(Category(row.category), set()).add(first[row.meter_hash])
    return {category: frozenset(meters) for category, meters in names.items()}


def _activity(row: ActivityRow) -> Activity:
    return Activity(
        kind=kind_of(row.kind),
        quantity=Decimal(row.quantity),
        span=Span(unix_s(row.start_at), unix_s(row.end_at)),
        place=row.place,
        grade=Grade(row.grade),
        evidence=row.evidence,
        given=row.given,
        meter=None,
    )


def _inputs(session: Session, person_id: int, member: Membership, time_span: Span) -> tuple[list[Reading], list[Home]]:
    readings: list[Reading] = []
    homes: list[Home] = []
    for home, shares in _homes(session, person_id, member):
        meters = session.exec(select(MeterRow).where(col(MeterRow.premises_id) == home.premises_id)).all()
        homes.append(Home(tuple(span for span, _ in shares), _meters(meters)))
        first = first_in_place(meters)
        rows = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id) == home.premises_id)).all()
        readings += [Reading(_activity(row), first.get(row.meter_hash or b"", ""), shares) for row in rows]
    own = session.exec(
        select(ActivityRow).where(col(ActivityRow.person_id) == person_id, col(ActivityRow.premises_id).is_(None))
    ).all()
    readings += [Reading(_activity(row), "", ((time_span, 1),)) for row in own]
    return readings, homes


def _draft(session: Session, books: Books, person_id: int, vintage: int) -> _Draft:
    person = session.get(PersonRow, person_id)
    assert person is not None
    policy = books.policies.governing(person.region, vintage)
    zone = place_of(person.region).zone
    member = membership_of(vintage, person.joined_on, person.left_on, person.born_on)
    readings, homes = _inputs(session, person_id, member, days_span(member.first, member.last, zone))
    year = year_of(
        policy=policy,
        member=member,
        zone=zone,
        factors=books.factors_for(vintage),
        readings=readings,
        homes=homes,
    )
    own = statement_of(session, person_id, vintage)
    plan = plan_of(
        year,
        carried_in_gco2e=_carried_in(session, person_id, policy),
        deficits=open_deficits(session, person_id, ignoring_statement=own.statement_id if own else None),
    )
    return _Draft(person, policy, year, plan, books.personhood.nullifier(person.commitment, vintage))


def _carried_in(session: Session, person_id: int, policy: Policy) -> int:
    """Grams left over from the latest earlier vintage of the same region and methodology."""
    row = session.exec(
        select(StatementRow)
        .where(
            col(StatementRow.person_id) == person_id,
            col(StatementRow.vintage) < policy.vintage,
            col(StatementRow.current),
        )
        .order_by(col(StatementRow.vintage).desc())
        .limit(1)
    ).first()
    if row is None or (row.region, row.methodology) != (policy.region, policy.methodology):
        return 0
    return row.carried_out_gco2e


def _check_order(session: Session, books: Books, person: PersonRow, vintage: int) -> None:
    for earlier in range(person.joined_on.year, vintage):
        if books.policies.find(person.region, earlier) is None:
            continue
        statement = statement_of(session, person.id or 0, earlier)
        if statement is None or statement.state in {State.CLOSED, State.SUBMITTED, State.RETURNED}:
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


def close(session: Session, books: Books, *, person_id: int, vintage: int, at: datetime) -> Statement:
    """Closes a vintage year, or closes it anew if it is closed or was returned. Missing months count as defaults.

    Raises VintageOpen, PolicyUnknown, NotAMember, EarlierOpen, FactorUnknown, BasisMismatch, CapExceeded,
    StatementStateWrong.
    """
    person = session.get(PersonRow, person_id)
    assert person is not None
    own = _current_row(session, person_id, vintage)
    step(State(own.state) if own is not None else State.OPEN, State.CLOSED)
    zone = place_of(person.region).zone
    if at < datetime.combine(date(vintage + 1, 1, 1), time.min, zone):
        raise VintageOpen(vintage, person.region)
    books.policies.governing(person.region, vintage)
    _check_order(session, books, person, vintage)
    draft = _draft(session, books, person_id, vintage)
    _check_cap(session, draft.policy, own, draft.year.budget_gco2e)
    version = 1
    if own is not None:
        version = own.version + 1
        _retire_version(session, own)
    return _keep(session, books, draft, version, at)


def _retire_version(session: Session, own: StatementRow) -> None:
    """A closed version that nobody saw is replaced; a returned one is kept as history."""
    release_netting(session, own)
    if State(own.state) is State.CLOSED:
        session.delete(own)
    else:
        own.current = False
        session.add(own)
    session.flush()


def _keep(session: Session, books: Books, draft: _Draft, version: int, at: datetime) -> Statement:
    person, policy, year, plan = draft.person, draft.policy, draft.year, draft.plan
    made = document.document_of(_content(books, draft, version), books.salts)
    assert person.id is not None
    row = StatementRow(
        person_id=person.id,
        vintage=policy.vintage,
        version=version,
        current=True,
        state=State.CLOSED,
        region=policy.region,
        methodology=policy.methodology,
        class_id=policy.class_id,
        policy_id=policy.id,
        policy_digest=policy.digest,
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
    assert row.id is not None
    for deficit, amount_gco2e in plan.nettings:
        session.add(NettingRow(statement_id=row.id, deficit_id=deficit.deficit_id, amount_gco2e=amount_gco2e))
        session.flush()
        refresh_state(session, deficit.statement_id)
    found = statement_of(session, row.person_id, row.vintage)
    assert found is not None
    return found


def _content(books: Books, draft: _Draft, version: int) -> dict[str, Json]:
    account = Account(draft.person.address, draft.nullifier, version)
    return content_of(account, draft.year, draft.plan, to_hex(books.factors_for(draft.policy.vintage).digest))


def submit(session: Session, books: Books, *, person_id: int, vintage: int, at: datetime) -> Statement:
    """Hands a closed statement to the verifiers; from here on what it was made of stands still.

    Raises StatementUnknown, StatementStateWrong, StatementStale.
    """
    row = _current_row(session, person_id, vintage)
    if row is None:
        raise StatementUnknown(f"{vintage} is not closed; close it first", vintage=vintage)
    state = step(State(row.state), State.SUBMITTED)
    now = _content(books, _draft(session, books, person_id, vintage), row.version)
    then = document.verify(row.document).values
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise StatementStale(changed)
    row.state, row.submitted_at = state, at
    session.add(row)
    session.flush()
    found = statement_of(session, person_id, vintage)
    assert found is not None
    return found
