"""A signed act from a request to the outbox, whoever may sign for its account."""

from collections.abc import Callable

from sqlmodel import Session
from starlette.requests import Request

from backend.access.state import database_of, wallet_accepts_of
from backend.chain.account_signature import NotTheKeys, key_signature, wallet_signature
from backend.giving.relay import ActSignerWrong, Relayed


def relayed(request: Request, signature: bytes, relay: Callable[[Session, bytes], Relayed]) -> Relayed:
    """Relays an act by its account's key; if that did not sign, its wallet is asked (EIP-1271) while no transaction is
    open. Raises what `relay` raises, and the refusal of a signature that neither calls its own.
    """
    database = database_of(request)
    try:
        with database.write() as session:
            return relay(session, signature)
    except NotTheKeys as failure:
        kept = wallet_signature(failure, signature, wallet_accepts_of(request))
    with database.write() as session:
        return relay(session, kept)


def accepted(request: Request, account: str, message_digest: bytes, signature: bytes) -> bytes:
    """A signature that an act carries besides its own, as it goes to the chain. Raises SignatureMalformed,
    ActSignerWrong, NodeUnavailable.
    """
    try:
        return key_signature(account, message_digest, signature, lambda signer: ActSignerWrong(signer, account))
    except NotTheKeys as failure:
        return wallet_signature(failure, signature, wallet_accepts_of(request))
