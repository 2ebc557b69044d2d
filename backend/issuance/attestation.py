"""A verifier's EIP-712 `Attestation` of one statement: made, kept, and checked by whoever relies on it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from backend.chain.keys import Signer
from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import Domain, digest, recover, sign
from backend.issuance.tables import AttestationRow
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.errors import NotFound
from backend.ledger.service import Statement


class AttestationUnknown(NotFound):
    """No verifier attested that statement."""

    code = "attestation.unknown"

    def __init__(self, statement_digest: bytes) -> None:
        shown = "0x" + statement_digest.hex()
        super().__init__(f"statement {shown} is not attested", statement=shown)


@dataclass(frozen=True)
class Attestation:
    """What was signed, by whom. Amounts in grams of CO2e."""

    statement_digest: bytes
    nullifier: bytes
    class_id: int
    credit_gco2e: int
    deficit_gco2e: int
    rule_version: str
    """Which plausibility rules ran first."""
    attested_at: datetime
    verifier: str
    accepted: tuple[str, ...]
    """Rules whose findings the verifier looked into and accepted; not part of what was signed."""
    signature: bytes

    def message(self) -> dict[str, object]:
        """The EIP-712 `Attestation`."""
        return {
            "statementDigest": self.statement_digest,
            "nullifier": self.nullifier,
            "classId": self.class_id,
            "creditGco2e": self.credit_gco2e,
            "deficitGco2e": self.deficit_gco2e,
            "ruleVersion": self.rule_version,
            "attestedAt": unix_s(self.attested_at),
        }

    def is_signed(self, domain: Domain) -> bool:
        """Whether the signature is its verifier's."""
        try:
            return recover(digest("Attestation", domain, self.message()), self.signature) == self.verifier
        except SignatureMalformed:
            return False

    def is_of(self, statement: Statement) -> bool:
        """Whether it says what the statement says."""
        said = (self.statement_digest, self.nullifier, self.class_id, self.credit_gco2e, self.deficit_gco2e)
        return said == (
            statement.digest,
            statement.nullifier,
            statement.class_id,
            statement.credit_gco2e,
            statement.deficit_gco2e,
        )


def sign_attestation(
    statement: Statement,
    domain: Domain,
    verifier: Signer,
    *,
    rule_version: str,
    accepted: Collection[str],
    at: datetime,
) -> Attestation:
    """A verifier's attestation of a statement; `at` is cut to the second. Checks nothing: see `service.attest`."""

    def made(signature: bytes) -> Attestation:
        return Attestation(
            statement_digest=statement.digest,
            nullifier=statement.nullifier,
            class_id=statement.class_id,
            credit_gco2e=statement.credit_gco2e,
            deficit_gco2e=statement.deficit_gco2e,
            rule_version=rule_version,
            attested_at=from_unix_s(unix_s(at)),
            verifier=verifier.address,
            accepted=tuple(sorted(set(accepted))),
            signature=signature,
        )

    return made(sign(verifier, "Attestation", domain, made(b"").message()))


def keep(session: Session, attestation: Attestation) -> None:
    """Stores it."""
    session.add(
        AttestationRow(
            statement_digest=attestation.statement_digest,
            verifier=attestation.verifier,
            nullifier=attestation.nullifier,
            class_id=attestation.class_id,
            credit_gco2e=attestation.credit_gco2e,
            deficit_gco2e=attestation.deficit_gco2e,
            rule_version=attestation.rule_version,
            attested_at=attestation.attested_at,
            accepted=json.dumps(attestation.accepted),
            signature=attestation.signature,
        )
    )
    session.flush()


def forget(session: Session, statement_digest: bytes) -> None:
    """Makes room for another verifier's."""
    session.exec(delete(AttestationRow).where(col(AttestationRow.statement_digest) == statement_digest))


def attestation_of(session: Session, statement_digest: bytes) -> Attestation:
    """The attestation of a statement; raises AttestationUnknown."""
    row = session.get(AttestationRow, statement_digest)
    if row is None:
        raise AttestationUnknown(statement_digest)
    return _view(row)


def attestations_of(session: Session, digests: Sequence[bytes]) -> dict[bytes, Attestation]:
    """Those of some statements that are attested, by digest."""
    query = select(AttestationRow).where(col(AttestationRow.statement_digest).in_(digests))
    return {row.statement_digest: _view(row) for row in session.exec(query).all()}


def _view(row: AttestationRow) -> Attestation:
    return Attestation(
        statement_digest=row.statement_digest,
        nullifier=row.nullifier,
        class_id=row.class_id,
        credit_gco2e=row.credit_gco2e,
        deficit_gco2e=row.deficit_gco2e,
        rule_version=row.rule_version,
        attested_at=row.attested_at,
        verifier=row.verifier,
        accepted=tuple(json.loads(row.accepted)),
        signature=row.signature,
    )
