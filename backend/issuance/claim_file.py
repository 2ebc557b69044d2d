"""A person's claim as a file: with it anybody can mint the credits without the operator, while the root lasts."""

from sqlmodel import Session

from backend.chain.deployment import Deployment
from backend.issuance.reading import approvals_of, batch_at
from backend.issuance.tables import ClaimRow, MintRow
from backend.issuance.tree import proofs_at
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import NotFound
from backend.ledger.service import statement_at

CLAIM_SCHEMA = "tanyu.claim/1"


class ClaimUnknown(NotFound):
    """The statement is in no batch yet."""

    code = "claim.unknown"

    def __init__(self, statement_digest: bytes) -> None:
        shown = to_hex(statement_digest)
        super().__init__(f"statement {shown} is in no batch yet", statement=shown)


def claim_file(session: Session, deployment: Deployment, statement_digest: bytes) -> dict[str, Json]:
    """The document: the leaf with its proof for `Issuance.claim`, and the batch with its verifiers' signatures for
    `Issuance.anchorBatch`, should nobody have anchored it. An amount of 0 g proves the statement's place in the batch
    and mints nothing. Raises StatementUnknown, ClaimUnknown.
    """
    statement = statement_at(session, statement_digest)
    row = session.get(ClaimRow, statement_digest)
    if row is None:
        raise ClaimUnknown(statement_digest)
    batch, mint = batch_at(session, row.root), session.get(MintRow, row.nullifier)
    (proof,) = proofs_at(session, row.root, batch.totals.people, [row.position])
    message: dict[str, Json] = {
        name: to_hex(value) if isinstance(value, bytes) else str(value)
        for name, value in batch.totals.message().items()
    }
    minted = mint is not None and mint.root == row.root
    return {
        "schema": CLAIM_SCHEMA,
        "chainId": deployment.chain_id,
        "issuance": deployment.address("Issuance"),
        "call": "claim(bytes32,(address,uint256,uint256,bytes32,bytes32),bytes32[])",
        "state": "minted" if minted else "open" if row.amount_gco2e else "nothing to mint",
        "batchState": str(batch.state),
        "root": to_hex(row.root),
        "leaf": {
            "account": row.account,
            "classId": str(statement.class_id),
            "amountGco2e": str(row.amount_gco2e),
            "statementDigest": to_hex(statement_digest),
            "nullifier": to_hex(row.nullifier),
        },
        "proof": [to_hex(sibling) for sibling in proof],
        "batch": message,
        "signatures": [to_hex(approval.signature) for approval in approvals_of(session, row.root)],
    }
