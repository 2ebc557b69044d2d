"""Issuance: a batch's Merkle tree once, instead of a proof with every leaf; and how many of its leaves mint."""

import sqlalchemy as sa
from alembic import op
from Crypto.Hash import keccak as keccak_of

from backend.storage import columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PART_BYTES = 1024 * 32


def keccak(data: bytes) -> bytes:
    return keccak_of.new(data=data, digest_bytes=32).digest()


def leaf_of(class_id: int, row: sa.Row[tuple[object, ...]]) -> bytes:
    """As Issuance computes it."""
    numbers = class_id.to_bytes(32) + row.amount_gco2e.to_bytes(32)
    return keccak(keccak(bytes(12) + bytes.fromhex(row.account[2:]) + numbers + row.statement_digest + row.nullifier))


def nodes_of(leaves: list[bytes]) -> list[bytes]:
    """Every node, root first."""
    nodes = [b""] * (len(leaves) - 1) + sorted(leaves, reverse=True)
    for index in range(len(leaves) - 2, -1, -1):
        nodes[index] = keccak(b"".join(sorted(nodes[2 * index + 1 : 2 * index + 3])))
    return nodes


BATCH = sa.table("issuance_batch", sa.column("root", columns.Bytes32()), sa.column("class_id", columns.Uint256()))
CLAIM = sa.table(
    "issuance_claim",
    sa.column("root", columns.Bytes32()),
    sa.column("position"),
    sa.column("account"),
    sa.column("amount_gco2e"),
    sa.column("statement_digest", columns.Bytes32()),
    sa.column("nullifier", columns.Bytes32()),
    sa.column("proof"),
)


def trees() -> list[tuple[bytes, list[bytes]]]:
    """Every batch's root and nodes, from its leaves."""
    found = []
    connection = op.get_bind()
    for root, class_id in connection.execute(sa.select(BATCH.c.root, BATCH.c.class_id)).all():
        columns_of = [column for column in CLAIM.c if column.name != "proof"]
        rows = connection.execute(sa.select(*columns_of).where(CLAIM.c.root == root)).all()
        nodes = nodes_of([leaf_of(class_id, row) for row in rows])
        assert nodes[0] == root, f"the leaves of batch 0x{root.hex()} do not give its root"
        found.append((root, nodes))
    return found


def upgrade() -> None:
    """To this version: trees are worked out from the leaves, and must have the roots that verifiers signed."""
    tree = op.create_table(
        "issuance_tree",
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root", "part"),
    )
    for root, nodes in trees():
        run = b"".join(nodes)
        parts = [run[start : start + PART_BYTES] for start in range(0, len(run), PART_BYTES)]
        op.bulk_insert(tree, [{"root": root, "part": part, "nodes": held} for part, held in enumerate(parts)])
    with op.batch_alter_table("issuance_claim", schema=None) as batch_op:
        batch_op.drop_column("proof")
    with op.batch_alter_table("issuance_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claims", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE issuance_batch SET claims = (SELECT count(*) FROM issuance_claim "
        "WHERE issuance_claim.root = issuance_batch.root AND issuance_claim.amount_gco2e > 0)"
    )
    with op.batch_alter_table("issuance_batch", schema=None) as batch_op:
        batch_op.alter_column("claims", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """From this version: every leaf gets its proof again."""
    with op.batch_alter_table("issuance_batch", schema=None) as batch_op:
        batch_op.drop_column("claims")
    with op.batch_alter_table("issuance_claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proof", sa.Text(), nullable=False, server_default="[]"))
    connection = op.get_bind()
    for root, nodes in trees():
        size = (len(nodes) + 1) // 2
        for position in range(size):
            index, proof = 2 * size - 2 - position, []
            while index > 0:
                proof.append(f'"0x{nodes[index + 1 if index % 2 else index - 1].hex()}"')
                index = (index - 1) // 2
            own = sa.and_(CLAIM.c.root == root, CLAIM.c.position == position)
            connection.execute(sa.update(CLAIM).where(own).values(proof=f"[{', '.join(proof)}]"))
    with op.batch_alter_table("issuance_claim", schema=None) as batch_op:
        batch_op.alter_column("proof", existing_type=sa.Text(), server_default=None)
    op.drop_table("issuance_tree")
