"""A verifier attests a submitted statement. Its key stays with it: what arrives here is a signature."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.issuance.assignment import Work
from backend.issuance.attestation import Attestation, forget, keep, sign_attestation
from backend.issuance.case import review
from backend.issuance.plausibility import Finding, Rule, shipped_thresholds
from backend.issuance.task import is_orphaned, task_of
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verifier import require_accredited, require_disinterested
from backend.kernel.clock import iso
from backend.kernel.errors import RuleViolated
from backend.ledger import service as ledger
from backend.ledger.service import Salts, statement_at
from backend.ledger.state import State, step


class StatementImplausible(RuleViolated):
    """Plausibility rules found something that the verifier did not say to have looked into. What it is, the statement
    shows: a refusal is committed nowhere, so it tells nothing of the person.
    """

    code = "statement.implausible"

    def __init__(self, findings: Sequence[Finding]) -> None:
        rules = sorted({str(finding.rule) for finding in findings})
        super().__init__(f"findings of {', '.join(rules)}: look into them, then accept or return it", rules=rules)


class AttestationUnfit(RuleViolated):
    """What was signed is not what the server would have signed: another statement, rules, time or key."""

    code = "attestation.unfit"

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(f"the attestation's {what} is wrong; expected {expected}", what=what, expected=expected)


def attest(
    session: Session,
    deployment: Deployment,
    statement_digest: bytes,
    verifier: Signer,
    at: datetime,
    *,
    accepted: Collection[Rule] = (),
    salts: Salts = ledger.random_salt,
) -> Attestation:
    """Signs and records in one, for who has the key at hand. `accepted`: rules whose findings the verifier looked into
    and found harmless. Raises what `record_attestation` raises.
    """
    attestation = sign_attestation(
        statement_at(session, statement_digest),
        deployment.domain("Issuance"),
        verifier,
        rule_version=shipped_thresholds().version,
        accepted=accepted,
        at=at,
    )
    return record_attestation(session, deployment, attestation, at, salts=salts)


def record_attestation(
    session: Session,
    deployment: Deployment,
    attestation: Attestation,
    at: datetime,
    *,
    salts: Salts = ledger.random_salt,
) -> Attestation:
    """Takes a verifier's signed attestation after the plausibility rules ran; what it accepted without a finding is
    left out. It takes the place of one by a verifier revoked since, as long as no batch has brought that to the chain.

    Raises StatementUnknown, StatementStateWrong, VerifierUnaccredited, VerifierExpired, VerifierInterested,
    VerifierNotAssigned, StatementImplausible, AttestationUnfit, and what `entry_of` raises.
    """
    statement = statement_at(session, attestation.statement_digest)
    require_accredited(session, attestation.verifier, at)
    require_disinterested(session, attestation.verifier, statement.person_id, statement.digest)
    anew = is_orphaned(session, statement)
    if not anew:
        step(statement.state, State.ATTESTED)
    task_of(session, attestation.verifier, statement.digest, at, Work.ATTEST)
    findings = review(session, statement.digest)
    unexplained = [finding for finding in findings if finding.rule not in set(attestation.accepted)]
    if unexplained:
        raise StatementImplausible(unexplained)
    _require_fit(attestation, at)
    if not attestation.is_of(statement):
        raise AttestationUnfit("content", "what the statement says")
    if not attestation.is_signed(deployment.domain("Issuance")):
        raise AttestationUnfit("signature", f"one by {attestation.verifier}")
    if anew:
        forget(session, statement.digest)
    else:
        ledger.mark_attested(session, statement.digest, at=at, salts=salts)
    kept = replace(attestation, accepted=tuple(sorted({str(finding.rule) for finding in findings})))
    keep(session, kept)
    return kept


def _require_fit(attestation: Attestation, at: datetime) -> None:
    version, skew = shipped_thresholds().version, shipped_rules().skew
    if attestation.rule_version != version:
        raise AttestationUnfit("rule version", version)
    if abs(at - attestation.attested_at) > skew:
        raise AttestationUnfit("time", f"one within {skew.seconds} s of {iso(at)}")
