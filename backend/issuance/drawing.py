"""A draw from opening to its end: list anchored, verifiers commit, a block, verifiers reveal, statements are chosen."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.chain.keys import personal_recover
from backend.issuance.accreditation import accreditations
from backend.issuance.draw import commitment_of, commitment_text, drawn_of, seed_of
from backend.issuance.draw_list import DRAW_TOPIC, Candidate, DrawList, day_number, day_of, draw_list_of
from backend.issuance.draw_roots import name_roots, waiting_roots
from backend.issuance.reauditing import ERASED
from backend.issuance.tables import AttestationRow, DrawAnchoringRow
from backend.issuance.verification_rules import DrawRules, shipped_rules
from backend.issuance.verification_tables import CommitmentRow, DrawRow, ReauditRow
from backend.issuance.verifier import require_accredited, serving
from backend.kernel.clock import unix_s
from backend.kernel.digest import canonical_json
from backend.kernel.errors import Conflict, InvalidInput, NotFound, RuleViolated
from backend.ledger.service import current_digests, statement_at
from backend.link.node import Header
from backend.link.outbox import enqueue
from backend.storage.database import Database

DRAW_KIND = "draw"

FindBlock: TypeAlias = Callable[[int], Header | None]
"""The first confirmed block from a time in Unix seconds; None while there is none."""


class DrawUnknown(NotFound):
    """No draw was opened that day."""

    code = "draw.unknown"

    def __init__(self, day: int) -> None:
        shown = day_of(day).isoformat()
        super().__init__(f"no draw was opened on {shown}", day=shown)


class DrawExists(Conflict):
    """There is one draw a day, so that nobody can choose among several."""

    code = "draw.exists"

    def __init__(self, day: int) -> None:
        shown = day_of(day).isoformat()
        super().__init__(f"a draw was opened on {shown}; the next can be opened tomorrow", day=shown)


class DrawEmpty(RuleViolated):
    """No attested statement waits to be listed, and no root of another list for a seed."""

    code = "draw.empty"

    def __init__(self) -> None:
        super().__init__("every attested statement was listed in a draw already, at no lower chance")


class DrawNotNow(Conflict):
    """The step cannot be taken yet, or no more."""

    code = "draw.not_now"

    def __init__(self, day: int, what: str, why: str) -> None:
        shown = day_of(day).isoformat()
        super().__init__(f"draw of {shown}: cannot {what}: {why}", day=shown, what=what, why=why)


class DrawTimesUnfit(InvalidInput):
    """Commitments end before the block, and it comes before reveals end: any other order lets somebody choose."""

    code = "draw.times_unfit"

    def __init__(self) -> None:
        super().__init__("commitments must end before the block's time, and that before the time to reveal is over")


class CommitmentUnfit(InvalidInput):
    """A commitment or secret that is not this verifier's for this draw."""

    code = "draw.commitment_unfit"

    def __init__(self, verifier: str, why: str) -> None:
        super().__init__(f"{verifier}: {why}", verifier=verifier, why=why)


def draw_at(session: Session, day: int) -> DrawRow:
    """The draw of a day; raises DrawUnknown."""
    row = session.get(DrawRow, day)
    if row is None:
        raise DrawUnknown(day)
    return row


def draws(session: Session) -> list[DrawRow]:
    """Every draw, the oldest first."""
    return list(session.exec(select(DrawRow).order_by(col(DrawRow.day))).all())


def list_of(row: DrawRow) -> DrawList:
    """What was anchored."""
    return draw_list_of(json.loads(row.listed))


def commitments_of(session: Session, day: int) -> list[CommitmentRow]:
    """Who has a part in a draw, by address."""
    query = select(CommitmentRow).where(col(CommitmentRow.day) == day)
    return sorted(session.exec(query).all(), key=lambda row: row.verifier)


def open_draw(
    session: Session,
    contracts: Contracts,
    at: datetime,
    *,
    times: DrawRules | None = None,
    rules: DrawRules | None = None,
) -> DrawRow:
    """Lists what may be drawn, and which roots wait for its seed, and hands the list's digest to the outbox, to be
    anchored. `times`: other times than the rules', for a rehearsal. Raises DrawExists, DrawTimesUnfit, DrawEmpty.
    """
    rules = rules or shipped_rules().draw
    when, opened_s, day = times or rules, unix_s(at), day_number(at.date())
    if session.get(DrawRow, day) is not None:
        raise DrawExists(day)
    if not timedelta() < when.commit_for < when.block_after < when.reveal_until:
        raise DrawTimesUnfit
    candidates, roots = candidates_of(session, rules), waiting_roots(session)
    if not candidates and not roots:
        raise DrawEmpty
    deployment = contracts.deployment
    listed = DrawList(
        day=day,
        chain_id=deployment.chain_id,
        anchors=deployment.address("Anchors"),
        rules=shipped_rules().version,
        commit_until_s=opened_s + when.commit_for // timedelta(seconds=1),
        block_from_s=opened_s + when.block_after // timedelta(seconds=1),
        reveal_until_s=opened_s + when.reveal_until // timedelta(seconds=1),
        least_drawn=rules.least_drawn,
        least_secrets=rules.least_secrets,
        verifiers=tuple(sorted(serving(session, at))),
        candidates=tuple(candidates),
        roots=tuple(roots),
    )
    text = canonical_json(listed.document()).decode()
    row = DrawRow(day=day, listed=text, list_digest=listed.digest, opened_at=at)
    session.add(row)
    session.flush()
    name_roots(session, roots, day)
    data = contracts.encode("Anchors", "publish", [DRAW_TOPIC, day, listed.digest])
    enqueue(session, kind=DRAW_KIND, reference=day_of(day).isoformat(), contract="Anchors", data=data, now=at)
    return row


def candidates_of(session: Session, rules: DrawRules) -> list[Candidate]:
    """Attested statements that were in no draw yet, or have a higher chance now; none that was audited again, and none
    that nobody can read any more.
    """
    before = {
        one.statement_digest: one.chance_bps for row in draws(session) if row.seed for one in list_of(row).candidates
    }
    audited = set(session.exec(select(ReauditRow.statement_digest)).all())
    current = current_digests(session)
    chances = Chances(session, rules)
    found = []
    for row in session.exec(select(AttestationRow)).all():
        chance = chances.of(row)
        if row.statement_digest in current - audited and chance > before.get(row.statement_digest, 0):
            found.append(Candidate(row.statement_digest, chance))
    return found


class Chances:
    """How likely an attestation is to be looked at again: more so if its verifier lost trust since."""

    def __init__(self, session: Session, rules: DrawRules) -> None:
        self._rules = rules
        self._revoked = {one.verifier: one.revoked_at for one in accreditations(session) if one.revoked_at is not None}
        self._unrevealed = {
            (part.verifier, row.opened_at)
            for row in draws(session)
            if row.concluded_at is not None
            for part in commitments_of(session, row.day)
            if part.secret is None
        }

    def of(self, attestation: AttestationRow) -> int:
        """In basis points: the highest that fits."""
        return max(self._fitting(attestation))

    def _fitting(self, attestation: AttestationRow) -> Iterator[int]:
        yield self._rules.sample_bps
        revoked_at = self._revoked.get(attestation.verifier)
        if revoked_at is not None and attestation.attested_at >= revoked_at - self._rules.lookback:
            yield self._rules.revoked_bps
        for verifier, opened_at in self._unrevealed:
            if verifier == attestation.verifier and attestation.attested_at >= opened_at - self._rules.lookback:
                yield self._rules.unrevealed_bps


def commit(
    session: Session, day: int, verifier: str, *, commitment: bytes, signature: bytes, at: datetime
) -> CommitmentRow:
    """A verifier binds itself to a secret, after the list was anchored and before the block; once.

    Raises DrawUnknown, DrawNotNow, VerifierUnaccredited, VerifierExpired, CommitmentUnfit, SignatureMalformed.
    """
    row = draw_at(session, day)
    listed = list_of(row)
    require_accredited(session, verifier, at)
    if verifier not in listed.verifiers:
        raise CommitmentUnfit(verifier, "the list does not name it among those who have a part")
    anchoring = session.get(DrawAnchoringRow, day)
    if anchoring is None or anchoring.digest != row.list_digest:
        raise DrawNotNow(day, "commit", "its list is not anchored")
    if unix_s(at) >= listed.commit_until_s:
        raise DrawNotNow(day, "commit", "the time for it is over")
    if session.get(CommitmentRow, (day, verifier)) is not None:
        raise CommitmentUnfit(verifier, "it has committed already")
    if personal_recover(commitment_text(listed, verifier, commitment), signature) != verifier:
        raise CommitmentUnfit(verifier, "the signature is not its own over this commitment")
    part = CommitmentRow(day=day, verifier=verifier, commitment=commitment, signature=signature, committed_at=at)
    session.add(part)
    session.flush()
    return part


def reveal(session: Session, day: int, verifier: str, *, secret: bytes, at: datetime) -> DrawRow:
    """A verifier shows its secret, after the block and in time. When all have, the draw is concluded.

    Raises DrawUnknown, DrawNotNow, CommitmentUnfit.
    """
    row = draw_at(session, day)
    listed = list_of(row)
    part = session.get(CommitmentRow, (day, verifier))
    if part is None or commitment_of(row.list_digest, verifier, secret) != part.commitment:
        raise CommitmentUnfit(verifier, "it has not committed to this secret")
    if row.concluded_at is not None or unix_s(at) >= listed.reveal_until_s:
        raise DrawNotNow(day, "reveal", "the time for it is over")
    if row.block_hash is None:
        raise DrawNotNow(day, "reveal", "the named block is not there yet")
    part.secret, part.revealed_at = secret, at
    session.add(part)
    session.flush()
    if all(one.secret is not None for one in commitments_of(session, day)):
        _conclude(session, row, at)
    return row


def conclude(session: Session, day: int, at: datetime) -> DrawRow:
    """Ends a draw whose time to reveal is over, with the secrets that were shown; again, returns it as it is. With too
    few secrets it comes to nothing: what it listed is listed again. Raises DrawUnknown, DrawNotNow.
    """
    row = draw_at(session, day)
    if row.concluded_at is None:
        if unix_s(at) < list_of(row).reveal_until_s:
            raise DrawNotNow(day, "conclude", "verifiers may still reveal")
        _conclude(session, row, at)
    return row


@dataclass(frozen=True)
class Advanced:
    """By day: draws whose named block was found, and draws that were ended because their time was over."""

    blocks: tuple[int, ...] = ()
    concluded: tuple[int, ...] = ()

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


def advance(database: Database, find_block: FindBlock, at: datetime) -> Advanced:
    """What of a draw waits for nobody: its block is noted, so that verifiers see it before they show their secrets; and
    it ends with its time, whoever may not like the outcome. The node is asked while no transaction is open.

    Raises NodeUnavailable.
    """
    with database.read() as session:
        waiting = [row for row in draws(session) if row.concluded_at is None]
        named = {row.day: list_of(row).block_from_s for row in waiting if row.block_hash is None}
        over = [row.day for row in waiting if unix_s(at) >= list_of(row).reveal_until_s]
    found = {day: find_block(from_s) for day, from_s in named.items() if from_s <= unix_s(at)}
    blocks = {day: block for day, block in found.items() if block is not None}
    if not blocks and not over:
        return Advanced()
    with database.write() as session:
        for day, block in blocks.items():
            row = draw_at(session, day)
            row.block_number, row.block_hash, row.block_at = block.number, block.hash, block.time
            session.add(row)
        session.flush()
        return Advanced(tuple(blocks), tuple(conclude(session, day, at).day for day in over))


def _conclude(session: Session, row: DrawRow, at: datetime) -> None:
    listed = list_of(row)
    secrets = {one.verifier: one.secret for one in commitments_of(session, row.day) if one.secret is not None}
    row.concluded_at = at
    if row.block_hash is not None and len(secrets) >= listed.least_secrets:
        row.seed = seed_of(row.list_digest, row.block_hash, secrets)
        for digest in drawn_of(row.seed, listed.candidates, listed.least_drawn):
            session.add(_drawn(session, row.day, digest, at))
    session.add(row)
    session.flush()


def _drawn(session: Session, day: int, digest: bytes, at: datetime) -> ReauditRow:
    """Of somebody who was erased since the list was anchored there is nothing to look at; the draw is the same."""
    if statement_at(session, digest).is_erased:
        return ReauditRow(day=day, statement_digest=digest, outcome=ERASED, decided_at=at)
    return ReauditRow(day=day, statement_digest=digest)
