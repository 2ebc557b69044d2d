"""INV-06: a campaign's totals equal its donations, always; credits leave only as retirement, grant or refund.

Random histories against a model that remembers every gram by itself, with reorganisations and reindexing in between.
"""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import SQLModel, select

from backend.giving.campaign import campaign_view
from backend.giving.kinds import MovementKind
from backend.giving.tables import CampaignHolding, Movement
from backend.kernel.digest import sha256
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, CLASS_ID, OTHER_CLASS_ID, ToyChain, a_deficit, rows_of

CAMPAIGNS = (1, 2)
CLASSES = (CLASS_ID, OTHER_CLASS_ID)
GRAMS = st.integers(min_value=1, max_value=10_000)

Pocket = tuple[int, int]
"""Campaign and class."""


class Campaigns(RuleBasedStateMachine):
    """The model: what each pocket holds, and where every gram went. One entry of `undoable` per event."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database.at(Path(self.folder.name) / "tanyu.db")
        SQLModel.metadata.create_all(self.database.writer)
        self.chain = ToyChain(self.database)
        self.moves: list[tuple[Pocket, MovementKind, int] | None] = []
        self.grants = 0

    @initialize()
    def open_campaigns(self) -> None:
        with self.database.write() as session:
            self.owed = a_deficit(session, 5_000)
        for campaign_id in CAMPAIGNS:
            self.chain.opened(campaign_id, kind=campaign_id - 1)
            self.moves.append(None)

    def held(self, pocket: Pocket) -> int:
        return sum(
            amount if kind == MovementKind.GIFT else -amount
            for at, kind, amount in filter(None, self.moves)
            if at == pocket
        )

    def total(self, pocket: Pocket, kind: MovementKind) -> int:
        return sum(amount for at, what, amount in filter(None, self.moves) if (at, what) == (pocket, kind))

    @rule(campaign_id=st.sampled_from(CAMPAIGNS), class_id=st.sampled_from(CLASSES), amount=GRAMS, donor=st.booleans())
    def give(self, campaign_id: int, class_id: int, amount: int, donor: bool) -> None:
        self.chain.donated(amount, campaign_id=campaign_id, class_id=class_id, donor=ALICE if donor else BOB)
        self.moves.append(((campaign_id, class_id), MovementKind.GIFT, amount))

    @rule(campaign_id=st.sampled_from(CAMPAIGNS), class_id=st.sampled_from(CLASSES), data=st.data())
    def let_go(self, campaign_id: int, class_id: int, data: st.DataObject) -> None:
        pocket = (campaign_id, class_id)
        held = self.held(pocket)
        if held == 0:
            return
        amount = data.draw(st.integers(min_value=1, max_value=held))
        way = data.draw(st.sampled_from([MovementKind.RETIREMENT, MovementKind.GRANT, MovementKind.REFUND]))
        if way == MovementKind.RETIREMENT:
            self.chain.campaign_retired(amount, campaign_id=campaign_id, class_id=class_id)
        elif way == MovementKind.REFUND:
            self.chain.refunded(amount, campaign_id=campaign_id, class_id=class_id)
        else:
            self.grants += 1
            ref = self.owed if data.draw(st.booleans()) else sha256(b"ref%d" % self.grants)
            self.chain.granted(amount, ref, campaign_id=campaign_id, class_id=class_id)
            self.moves.append((pocket, way, amount))
            self.moves.append(None)  # the token's own event
            return
        self.moves.append((pocket, way, amount))

    @precondition(lambda self: len(self.moves) > len(CAMPAIGNS))
    @rule(data=st.data())
    def reorganise(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(min_value=1, max_value=len(self.moves) - len(CAMPAIGNS)))):
            self.chain.undo_last()
            self.moves.pop()

    @rule()
    def reindex(self) -> None:
        before = rows_of(self.database)
        self.chain.replay()
        assert rows_of(self.database) == before

    @invariant()
    def inv_06_donated_is_held_retired_granted_and_refunded(self) -> None:
        with self.database.read() as session:
            found = {(row.campaign_id, row.class_id): row for row in session.exec(select(CampaignHolding))}
            movements = session.exec(select(Movement)).all()
        for pocket in {(campaign_id, class_id) for campaign_id in CAMPAIGNS for class_id in CLASSES}:
            donated = self.total(pocket, MovementKind.GIFT)
            row = found.pop(pocket, None)
            assert (row is None) == (donated == 0)
            if row is not None:
                assert row.donated_gco2e == donated
                assert row.retired_gco2e == self.total(pocket, MovementKind.RETIREMENT)
                assert row.granted_gco2e == self.total(pocket, MovementKind.GRANT)
                assert row.refunded_gco2e == self.total(pocket, MovementKind.REFUND)
                left = row.retired_gco2e + row.granted_gco2e + row.refunded_gco2e
                assert row.donated_gco2e == self.held(pocket) + left
        assert found == {}
        assert len(movements) == sum(move is not None for move in self.moves)

    @invariant()
    def inv_06_a_campaigns_total_is_the_sum_of_its_classes(self) -> None:
        if not self.moves:
            return
        with self.database.read() as session:
            for campaign_id in CAMPAIGNS:
                view = campaign_view(session, campaign_id)
                pockets = [(campaign_id, class_id) for class_id in CLASSES]
                assert view.total.held_gco2e == sum(self.held(pocket) for pocket in pockets)
                assert view.total.donated_gco2e == sum(self.total(pocket, MovementKind.GIFT) for pocket in pockets)

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(stateful_step_count=20)
