"""Giving: pictures, names, pledges, aid; who was listed when, what pledges gave and where refunds go, from the events already
indexed.
"""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

EVENT = sa.table(
    "link_event",
    sa.column("block_number"),
    sa.column("log_index"),
    sa.column("tx_hash", columns.Bytes32()),
    sa.column("contract"),
    sa.column("name"),
    sa.column("args"),
)
BLOCK = sa.table("link_block", sa.column("number"), sa.column("time", columns.UtcTime()))
LISTING = sa.table(
    "giving_charity_listing",
    sa.column("block_number"),
    sa.column("log_index"),
    sa.column("charity", columns.Address()),
    sa.column("listed"),
    sa.column("second_signer", columns.Address()),
    sa.column("at", columns.UtcTime()),
    sa.column("tx_hash", columns.Bytes32()),
)
DRAW = sa.table(
    "giving_pledge_draw",
    sa.column("block_number"),
    sa.column("log_index"),
    sa.column("tx_hash", columns.Bytes32()),
    sa.column("at", columns.UtcTime()),
    sa.column("donor", columns.Address()),
    sa.column("number", columns.Uint256()),
    sa.column("struct_hash", columns.Bytes32()),
    sa.column("amount_gco2e", columns.Uint256()),
)
DIRECTION = sa.table(
    "giving_refund_direction",
    sa.column("block_number"),
    sa.column("log_index"),
    sa.column("donor", columns.Address()),
    sa.column("wallet", columns.Address()),
)
ROWS: dict[str, tuple[sa.TableClause, Callable[[Any, dict[str, Any]], dict[str, object]]]] = {
    "CharityListed": (
        LISTING,
        lambda event, args: {
            "charity": args["charity"],
            "listed": args["listed"],
            "second_signer": args["secondSigner"],
            "at": event.time,
            "tx_hash": event.tx_hash,
        },
    ),
    "PledgeDrawn": (
        DRAW,
        lambda event, args: {
            "tx_hash": event.tx_hash,
            "at": event.time,
            "donor": args["donor"],
            "number": int(args["number"]),
            "struct_hash": bytes.fromhex(args["structHash"][2:]),
            "amount_gco2e": int(args["amount"]),
        },
    ),
    "RefundDirected": (DIRECTION, lambda _event, args: {"donor": args["donor"], "wallet": args["to"]}),
}


def upgrade() -> None:
    """To this version."""
    op.create_table('giving_donor_name',
    sa.Column('campaign_id', columns.Uint256(), nullable=False),
    sa.Column('donor', columns.Address(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('named_at', columns.UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('campaign_id', 'donor')
    )
    op.create_table('giving_picture',
    sa.Column('digest', columns.Bytes32(), nullable=False),
    sa.Column('media_type', sa.String(length=16), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('charity', columns.Address(), nullable=False),
    sa.Column('published_at', columns.UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('digest')
    )
    with op.batch_alter_table('giving_picture', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_picture_charity'), ['charity'], unique=False)

    op.create_table('giving_pledge',
    sa.Column('struct_hash', columns.Bytes32(), nullable=False),
    sa.Column('donor', columns.Address(), nullable=False),
    sa.Column('campaign_id', columns.Uint256(), nullable=False),
    sa.Column('class_id', columns.Uint256(), nullable=False),
    sa.Column('share_bps', sa.Integer(), nullable=False),
    sa.Column('max_amount_gco2e', columns.Uint256(), nullable=False),
    sa.Column('starts_at', columns.UtcTime(), nullable=False),
    sa.Column('expires_at', columns.UtcTime(), nullable=False),
    sa.Column('number', columns.Uint256(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.Column('kept_at', columns.UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('struct_hash'),
    sa.UniqueConstraint('donor', 'number')
    )
    with op.batch_alter_table('giving_pledge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_pledge_donor'), ['donor'], unique=False)

    op.create_table('giving_pledge_draw',
    sa.Column('block_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('log_index', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tx_hash', columns.Bytes32(), nullable=False),
    sa.Column('at', columns.UtcTime(), nullable=False),
    sa.Column('donor', columns.Address(), nullable=False),
    sa.Column('number', columns.Uint256(), nullable=False),
    sa.Column('struct_hash', columns.Bytes32(), nullable=False),
    sa.Column('amount_gco2e', columns.Uint256(), nullable=False),
    sa.PrimaryKeyConstraint('block_number', 'log_index')
    )
    with op.batch_alter_table('giving_pledge_draw', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_pledge_draw_donor'), ['donor'], unique=False)
        batch_op.create_index(batch_op.f('ix_giving_pledge_draw_struct_hash'), ['struct_hash'], unique=False)

    op.create_table('giving_refund_direction',
    sa.Column('donor', columns.Address(), nullable=False),
    sa.Column('block_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('log_index', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('wallet', columns.Address(), nullable=False),
    sa.PrimaryKeyConstraint('donor', 'block_number', 'log_index')
    )
    op.drop_table("giving_charity_listing")
    op.create_table('giving_charity_listing',
    sa.Column('charity', columns.Address(), nullable=False),
    sa.Column('block_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('log_index', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('listed', sa.Boolean(), nullable=False),
    sa.Column('second_signer', columns.Address(), nullable=False),
    sa.Column('at', columns.UtcTime(), nullable=False),
    sa.Column('tx_hash', columns.Bytes32(), nullable=False),
    sa.PrimaryKeyConstraint('charity', 'block_number', 'log_index')
    )
    _fill()
    _make_aid()


def _make_aid() -> None:
    """The tables of aid rounds."""
    op.create_table('giving_aid_body_word',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body', columns.Address(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('registered', sa.Boolean(), nullable=False),
    sa.Column('registrar', columns.Address(), nullable=False),
    sa.Column('said_at', columns.UtcTime(), nullable=False),
    sa.Column('signature', sa.LargeBinary(length=65), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('giving_aid_body_word', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_aid_body_word_body'), ['body'], unique=False)

    op.create_table('giving_aid_round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', columns.Uint256(), nullable=False),
    sa.Column('class_id', columns.Uint256(), nullable=False),
    sa.Column('rule', sa.String(length=16), nullable=False),
    sa.Column('pot_gco2e', columns.Uint256(), nullable=False),
    sa.Column('cap_gco2e', columns.Uint256(), nullable=False),
    sa.Column('step_gco2e', columns.Uint256(), nullable=False),
    sa.Column('least_people', sa.Integer(), nullable=False),
    sa.Column('opens_at', columns.UtcTime(), nullable=False),
    sa.Column('closes_at', columns.UtcTime(), nullable=False),
    sa.Column('opened_at', columns.UtcTime(), nullable=False),
    sa.Column('root', columns.Bytes32(), nullable=True),
    sa.Column('applications', sa.Integer(), nullable=False),
    sa.Column('closed_at', columns.UtcTime(), nullable=True),
    sa.Column('block_number', sa.BigInteger(), nullable=True),
    sa.Column('block_hash', columns.Bytes32(), nullable=True),
    sa.Column('concluded_at', columns.UtcTime(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('giving_aid_round', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_aid_round_campaign_id'), ['campaign_id'], unique=False)

    op.create_table('giving_aid_application',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('leaf', columns.Bytes32(), nullable=False),
    sa.Column('applied_at', columns.UtcTime(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['ledger_person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['giving_aid_round.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('round_id', 'person_id')
    )
    with op.batch_alter_table('giving_aid_application', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_giving_aid_application_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_giving_aid_application_round_id'), ['round_id'], unique=False)

    op.create_table('giving_aid_award',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('reference', columns.Bytes32(), nullable=False),
    sa.Column('amount_gco2e', columns.Uint256(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['giving_aid_round.id'], ),
    sa.PrimaryKeyConstraint('round_id', 'reference')
    )


def _fill() -> None:
    """What the projection would have made of the events, had it looked."""
    query = (
        sa.select(*EVENT.c, BLOCK.c.time)
        .join(BLOCK, BLOCK.c.number == EVENT.c.block_number)
        .where(EVENT.c.contract == "Charity", EVENT.c.name.in_(tuple(ROWS)))
    )
    for event in op.get_bind().execute(query).all():
        table, row_of = ROWS[event.name]
        place = {"block_number": event.block_number, "log_index": event.log_index}
        op.bulk_insert(table, [place | row_of(event, json.loads(event.args))])


def downgrade() -> None:
    """Back from this version."""
    op.drop_table('giving_aid_award')
    with op.batch_alter_table('giving_aid_application', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_aid_application_round_id'))
        batch_op.drop_index(batch_op.f('ix_giving_aid_application_person_id'))

    op.drop_table('giving_aid_application')
    with op.batch_alter_table('giving_aid_round', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_aid_round_campaign_id'))

    op.drop_table('giving_aid_round')
    with op.batch_alter_table('giving_aid_body_word', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_aid_body_word_body'))

    op.drop_table('giving_aid_body_word')
    with op.batch_alter_table('giving_charity_listing', schema=None) as batch_op:
        batch_op.drop_column('tx_hash')
        batch_op.drop_column('at')
        batch_op.drop_column('second_signer')

    op.drop_table('giving_refund_direction')
    with op.batch_alter_table('giving_pledge_draw', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_pledge_draw_struct_hash'))
        batch_op.drop_index(batch_op.f('ix_giving_pledge_draw_donor'))

    op.drop_table('giving_pledge_draw')
    with op.batch_alter_table('giving_pledge', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_pledge_donor'))

    op.drop_table('giving_pledge')
    with op.batch_alter_table('giving_picture', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_giving_picture_charity'))

    op.drop_table('giving_picture')
    op.drop_table('giving_donor_name')
