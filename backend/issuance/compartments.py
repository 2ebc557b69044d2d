"""What lies sealed in the verifiers' rows, with the key of the person whom the words are about. No framework."""

from typing import Any

from backend.ledger.key_names import of_person, of_statement
from backend.storage.sealing import Compartment, Inside, KeyOwner


def _statements(row: Any) -> KeyOwner:
    return of_statement(row.statement_digest)


def _own(row: Any) -> KeyOwner:
    return of_person(row.person_id)


RETURN = (
    Compartment("sealed", {"reasons": Inside("[]")}, _statements, ("statement_digest", "verifier", "returned_at")),
)

INSPECTION = (Compartment("sealed", {"words": Inside(None)}, _own, ("person_id", "vintage", "nullifier", "asked_at")),)

QUESTION = (
    Compartment(
        "sealed",
        {"words": Inside(), "answer": Inside(None)},
        _statements,
        ("statement_digest", "verifier", "asked_at"),
    ),
)

APPEAL = (
    Compartment(
        "sealed",
        {"words": Inside(), "reasons": Inside(None)},
        _own,
        ("statement_digest", "person_id", "against", "decision_id", "decided_against_by", "made_at", "due_at"),
    ),
)

REAUDIT = (Compartment("sealed", {"reasons": Inside(None)}, _statements, ("day", "statement_digest")),)
