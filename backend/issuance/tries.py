"""What of a batch goes to the outbox, and how often it was tried: a transaction that reverted is tried anew."""

from sqlmodel import Session

from backend.link.outbox import intent_of
from backend.link.tables import Intent, IntentState

ANCHOR_KIND = "anchor"
CLAIM_KIND = "claim"

OVER = (IntentState.CONFIRMED, IntentState.REVERTED)


def latest_try(session: Session, kind: str, reference: str) -> tuple[str, Intent | None]:
    """The reference and intent of the latest try, and the next free reference if that one is over: `<reference>`, then
    `<reference>:2`, `:3`...
    """
    current, found, number = reference, intent_of(session, kind, reference), 1
    while found is not None:
        following = f"{reference}:{number + 1}"
        successor = intent_of(session, kind, following)
        if successor is None:
            return (following if found.state in OVER else current), found
        current, found, number = following, successor, number + 1
    return current, None
