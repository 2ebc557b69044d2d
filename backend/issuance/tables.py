"""Issuance's tables. What verifiers and the operator did is ours; what became of it on the chain is a projection of
events in tables of its own, so that taking an event back is deleting a row.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, Uint256, UtcTime


class AttestationRow(SQLModel, table=True):
    """A verifier's signed word that a statement is right. Grams of CO2e."""

    __tablename__ = "issuance_attestation"

    statement_digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    verifier: str = Field(sa_column=Column(Address, nullable=False, index=True))
    nullifier: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    class_id: int = Field(sa_column=Column(Uint256, nullable=False))
    credit_gco2e: int = Field(sa_type=BigInteger)
    deficit_gco2e: int = Field(sa_type=BigInteger)
    rule_version: str
    attested_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """Whole seconds: it is part of what was signed."""
    accepted: str = Field(default="[]", sa_column=Column(Text, nullable=False))
    """Rules whose findings the verifier looked into and accepted: a JSON list of names."""
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))


class BatchRow(SQLModel, table=True):
    """Attested statements of one class with the pool's totals. `state` is what we did; AnchoringRow is the chain's."""

    __tablename__ = "issuance_batch"

    id: int | None = Field(default=None, primary_key=True)
    root: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    class_id: int = Field(sa_column=Column(Uint256, nullable=False))
    state: str
    """`drafted`, `planned`, `approved` or `sent`."""
    people: int
    claims: int
    """Leaves that mint something."""
    budgets_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    footprints_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    surpluses_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    deficits_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    policy_id: str
    policy_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    factors_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    deadline: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """Whole seconds: it is part of what is signed. From this second on nobody can anchor it."""
    planned_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class ApprovalRow(SQLModel, table=True):
    """A verifier's signature over a batch."""

    __tablename__ = "issuance_approval"

    root: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    verifier: str = Field(sa_column=Column(Address, primary_key=True))
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))
    approved_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class ClaimRow(SQLModel, table=True):
    """A batch's leaf: one statement and what it mints. A statement is in one batch at a time."""

    __tablename__ = "issuance_claim"
    __table_args__ = (Index("issuance_claim_place", "root", "position"),)

    statement_digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    root: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    position: int
    """Its place among the batch's leaves in the order of their hashes, in which the batch is claimed."""
    account: str = Field(sa_column=Column(Address, nullable=False))
    amount_gco2e: int = Field(sa_type=BigInteger)
    """What mints to the holder; 0 for a statement that only counts in the totals."""
    nullifier: bytes = Field(sa_column=Column(Bytes32, nullable=False))


class TreeRow(SQLModel, table=True):
    """A part of a batch's Merkle tree: a run of its nodes, root first. Proofs are read from it on demand."""

    __tablename__ = "issuance_tree"

    root: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    part: int = Field(primary_key=True)
    nodes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """`tree.PART_NODES` nodes of 32 bytes; fewer in the last part."""


class AnchoringRow(SQLModel, table=True):
    """Projection: a root that is anchored on the chain."""

    __tablename__ = "issuance_anchoring"

    root: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    anchored_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    tx_hash: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    verifiers: str = Field(sa_column=Column(Text, nullable=False))
    """Who signed, by ascending address: a JSON list."""


class MintRow(SQLModel, table=True):
    """Projection: a claim that minted."""

    __tablename__ = "issuance_mint"

    nullifier: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    root: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    statement_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    buffer_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    """What minted to the class buffer on top."""
    minted_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    tx_hash: bytes = Field(sa_column=Column(Bytes32, nullable=False))


class VerifierChange(SQLModel, table=True):
    """Projection: an address accredited as verifier, or no longer. The latest row of an address counts."""

    __tablename__ = "issuance_verifier_change"

    block_number: int = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    verifier: str = Field(sa_column=Column(Address, nullable=False, index=True))
    accredited: bool
    changed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """The block's time: a term of accreditation runs from it, and a revocation looks back from it."""


class ThresholdChange(SQLModel, table=True):
    """Projection: how many verifiers a batch needs. The latest row counts."""

    __tablename__ = "issuance_threshold_change"

    block_number: int = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    threshold: int


class SuspensionChange(SQLModel, table=True):
    """Projection: a root whose unclaimed leaves were stopped, or resumed. The latest row of a root counts."""

    __tablename__ = "issuance_suspension_change"

    block_number: int = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    root: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    suspended: bool


class DrawAnchoringRow(SQLModel, table=True):
    """Projection: the digest of a draw's list, published under the draws' topic. Each day has one, whoever's it is."""

    __tablename__ = "issuance_draw_anchoring"

    day: int = Field(primary_key=True)
    """Days since 1970-01-01, as Anchors counts them."""
    digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    anchored_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    tx_hash: bytes = Field(sa_column=Column(Bytes32, nullable=False))


class ReversalRow(SQLModel, table=True):
    """Projection: a reversal that the registrar recorded. `reference` is the correction's."""

    __tablename__ = "issuance_reversal"

    block_number: int = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    class_id: int = Field(sa_column=Column(Uint256, nullable=False))
    amount_gco2e: int = Field(sa_column=Column(Uint256, nullable=False))
    reference: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
