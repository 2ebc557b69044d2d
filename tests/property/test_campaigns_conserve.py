"""INV-06: a campaign's totals equal its donations, always; credits leave only as retirement, grant or refund.

Random histories as the contract lets them happen, against a model that remembers every gram by itself, with decisions,
reorganisations and reindexing in between. And what became of each gift is told to the gram at every moment.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import SQLModel, select

from backend.giving.campaign import campaign_at, campaign_view
from backend.giving.kinds import CampaignState, MovementKind
from backend.giving.tables import CampaignHolding, Movement
from backend.giving.tracing import traced_gifts
from backend.kernel.digest import sha256
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, CLASS_ID, OTHER_CLASS_ID, ToyChain, a_deficit, rows_of

CAMPAIGNS = (1, 2)
"""The first retires what it holds, the second grants it; both keep what they raise, so that they may spend early."""
CLASSES = (CLASS_ID, OTHER_CLASS_ID)
DONORS = (ALICE, BOB)
DECIDED = (CampaignState.SUCCEEDED, CampaignState.FAILED)
GRAMS = st.integers(min_value=1, max_value=10_000)
GIFT, REFUND = MovementKind.GIFT, MovementKind.REFUND

Pocket = tuple[int, int]
"""Campaign and class."""
POCKETS = [(campaign_id, class_id) for campaign_id in CAMPAIGNS for class_id in CLASSES]


@dataclass(frozen=True)
class Move:
    """A gift, or one way out. `answers`: of a refund, the gifts that it answers."""

    pocket: Pocket
    kind: MovementKind
    amount: int
    donor: str = ""
    answers: int = 0


@dataclass(frozen=True)
class Decision:
    """A campaign succeeded or failed."""

    campaign_id: int
    state: CampaignState


class Campaigns(RuleBasedStateMachine):
    """The model: what each pocket holds, and where every gram went. One entry of `history` per event."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database.at(Path(self.folder.name) / "tanyu.db")
        SQLModel.metadata.create_all(self.database.writer)
        self.chain = ToyChain(self.database)
        self.history: list[Move | Decision | None] = []
        self.grants = 0

    @initialize()
    def open_campaigns(self) -> None:
        with self.database.write() as session:
            self.owed = a_deficit(session, 5_000)
        for campaign_id in CAMPAIGNS:
            self.chain.opened(campaign_id, kind=campaign_id - 1)
            self.history.append(None)

    # --- the model ---

    def moves(self, pocket: Pocket) -> list[Move]:
        return [move for move in self.history if isinstance(move, Move) and move.pocket == pocket]

    def total(self, pocket: Pocket, kind: MovementKind) -> int:
        return sum(move.amount for move in self.moves(pocket) if move.kind == kind)

    def held(self, pocket: Pocket) -> int:
        return sum(move.amount if move.kind == GIFT else -move.amount for move in self.moves(pocket))

    def state(self, campaign_id: int) -> CampaignState:
        decided = [one for one in self.history if isinstance(one, Decision) and one.campaign_id == campaign_id]
        return decided[-1].state if decided else CampaignState.OPEN

    def unanswered(self, pocket: Pocket) -> dict[str, int]:
        """What donors gave and got no answer for."""
        answered = {move.donor for move in self.moves(pocket) if move.kind == REFUND}
        given: dict[str, int] = {}
        for move in self.moves(pocket):
            if move.kind == GIFT and move.donor not in answered:
                given[move.donor] = given.get(move.donor, 0) + move.amount
        return given

    # --- what may happen ---

    @rule(pocket=st.sampled_from(POCKETS), amount=GRAMS, donor=st.sampled_from(DONORS))
    def give(self, pocket: Pocket, amount: int, donor: str) -> None:
        if self.state(pocket[0]) != CampaignState.OPEN:
            return
        self.chain.donated(amount, campaign_id=pocket[0], class_id=pocket[1], donor=donor)
        self.history.append(Move(pocket, GIFT, amount, donor))

    @rule(pocket=st.sampled_from(POCKETS), data=st.data())
    def spend(self, pocket: Pocket, data: st.DataObject) -> None:
        held = self.held(pocket)
        if held == 0 or self.state(pocket[0]) == CampaignState.FAILED:
            return
        amount = data.draw(st.integers(min_value=1, max_value=held))
        if pocket[0] == CAMPAIGNS[0] or (self.state(pocket[0]) == CampaignState.SUCCEEDED and data.draw(st.booleans())):
            self.chain.campaign_retired(amount, campaign_id=pocket[0], class_id=pocket[1])
            self.history.append(Move(pocket, MovementKind.RETIREMENT, amount))
            return
        self.grants += 1
        ref = self.owed if data.draw(st.booleans()) else sha256(b"ref%d" % self.grants)
        self.chain.granted(amount, ref, campaign_id=pocket[0], class_id=pocket[1])
        self.history.append(Move(pocket, MovementKind.GRANT, amount))
        self.history.append(None)  # the token's own event

    @rule(
        campaign_id=st.sampled_from(CAMPAIGNS), state=st.sampled_from([CampaignState.SUCCEEDED, CampaignState.FAILED])
    )
    def decide(self, campaign_id: int, state: CampaignState) -> None:
        if self.state(campaign_id) != CampaignState.OPEN:
            return
        number = {CampaignState.SUCCEEDED: 2, CampaignState.FAILED: 3}[state]
        self.chain.apply("Charity", "CampaignFinalised", campaignId=campaign_id, state=number)
        self.history.append(Decision(campaign_id, state))

    @rule(pocket=st.sampled_from(POCKETS), data=st.data())
    def refund(self, pocket: Pocket, data: st.DataObject) -> None:
        """As `Charity.refundOne` reckons: when gifts of G of all D grams are answered, floor(G * left / D) are back."""
        waiting = self.unanswered(pocket)
        if self.state(pocket[0]) != CampaignState.FAILED or not waiting:
            return
        donor = data.draw(st.sampled_from(sorted(waiting)))
        answered = sum(move.answers for move in self.moves(pocket) if move.kind == REFUND)
        left, donated = self.held(pocket) + self.total(pocket, REFUND), self.total(pocket, GIFT)
        amount = (answered + waiting[donor]) * left // donated - answered * left // donated
        self.chain.refunded(amount, campaign_id=pocket[0], class_id=pocket[1], donor=donor)
        self.history.append(Move(pocket, REFUND, amount, donor, waiting[donor]))

    @precondition(lambda self: len(self.history) > len(CAMPAIGNS))
    @rule(data=st.data())
    def reorganise(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(min_value=1, max_value=len(self.history) - len(CAMPAIGNS)))):
            self.chain.undo_last()
            self.history.pop()

    @rule()
    def reindex(self) -> None:
        before = rows_of(self.database)
        self.chain.replay()
        assert rows_of(self.database) == before

    # --- what always holds ---

    @invariant()
    def inv_06_donated_is_held_retired_granted_and_refunded(self) -> None:
        with self.database.read() as session:
            found = {(row.campaign_id, row.class_id): row for row in session.exec(select(CampaignHolding))}
            movements = session.exec(select(Movement)).all()
        for pocket in POCKETS:
            donated = self.total(pocket, GIFT)
            row = found.pop(pocket, None)
            assert (row is None) == (donated == 0)
            if row is not None:
                assert row.donated_gco2e == donated
                assert row.retired_gco2e == self.total(pocket, MovementKind.RETIREMENT)
                assert row.granted_gco2e == self.total(pocket, MovementKind.GRANT)
                assert row.refunded_gco2e == self.total(pocket, REFUND)
                left = row.retired_gco2e + row.granted_gco2e + row.refunded_gco2e
                assert row.donated_gco2e == self.held(pocket) + left
        assert found == {}
        assert len(movements) == sum(isinstance(move, Move) for move in self.history)

    @invariant()
    def inv_06_a_campaigns_total_is_the_sum_of_its_classes(self) -> None:
        if not self.history:
            return
        with self.database.read() as session:
            for campaign_id in CAMPAIGNS:
                view = campaign_view(session, campaign_id)
                pockets = [(campaign_id, class_id) for class_id in CLASSES]
                assert view.total.held_gco2e == sum(self.held(pocket) for pocket in pockets)
                assert view.total.donated_gco2e == sum(self.total(pocket, GIFT) for pocket in pockets)
                assert campaign_at(session, campaign_id).state == self.state(campaign_id)

    @invariant()
    def every_gram_of_every_gift_is_told_once(self) -> None:
        if not self.history:
            return
        with self.database.read() as session:
            for campaign_id in CAMPAIGNS:
                fates: dict[tuple[Pocket, MovementKind | None], int] = {}
                for traced in traced_gifts(session, campaign_id):
                    assert sum(part.amount_gco2e for part in traced.parts) == traced.gift.amount_gco2e
                    for part in traced.parts:
                        key = (campaign_id, traced.gift.class_id), part.kind
                        fates[key] = fates.get(key, 0) + part.amount_gco2e
                for pocket in ((campaign_id, class_id) for class_id in CLASSES):
                    assert fates.get((pocket, None), 0) == self.held(pocket)
                    for kind in (MovementKind.RETIREMENT, MovementKind.GRANT, REFUND):
                        assert fates.get((pocket, kind), 0) == self.total(pocket, kind)

    @invariant()
    def no_donor_gets_back_more_than_it_gave__and_the_last_refund_takes_the_last_gram(self) -> None:
        for pocket in POCKETS:
            for donor in DONORS:
                gave = sum(m.amount for m in self.moves(pocket) if m.kind == GIFT and m.donor == donor)
                back = sum(m.amount for m in self.moves(pocket) if m.kind == REFUND and m.donor == donor)
                assert back <= gave
            if self.state(pocket[0]) == CampaignState.FAILED and not self.unanswered(pocket):
                assert self.held(pocket) == 0

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(stateful_step_count=20)
