"""INV-01, INV-02, INV-06: a model of the token's rules never gives cause for a finding; any event changed does."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.audit.timeline import Call
from tests.unit.audit.minting import ABatch, a_batch, a_leaf, accredit
from tests.unit.audit.told import CLASS_ID, NOBODY, Stage, Told, moved, person, retired

PEOPLE = 4
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.integers(0, 7), st.just(0)),
        st.tuples(st.just("transfer"), st.integers(0, PEOPLE - 1), st.integers(1, 30_000)),
        st.tuples(st.just("retire"), st.integers(0, PEOPLE - 1), st.integers(1, 30_000)),
        st.tuples(st.just("refill"), st.integers(0, PEOPLE - 1), st.integers(1, 30_000)),
        st.tuples(st.just("reverse"), st.just(0), st.integers(1, 500)),
        st.tuples(st.just("cancel"), st.just(0), st.integers(1, 500)),
    ),
    min_size=1,
    max_size=25,
)
Act = tuple[str, int, int]


@dataclass
class Token:
    """CarbonCredit's rules in a few lines: what an act leaves, or nothing if it would revert."""

    batch: ABatch
    balances: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PEOPLE), 0))
    claimed: set[int] = field(default_factory=set)
    minted = 0
    buffer = 0
    owed = 0
    issued = 0

    def tell(self, act: Act) -> tuple[list[Told], list[Call]]:
        what, index, grams = act
        return getattr(self, f"_{what}")(index, grams)  # type: ignore[no-any-return]  # dispatch by the act's name

    def _claim(self, index: int, _grams: int) -> tuple[list[Told], list[Call]]:
        leaf = self.batch.leaves[index]
        amount = leaf["amountGco2e"]
        total = amount + -(-amount * 500 // 10_000)
        if index in self.claimed or self.owed or self.minted + total > self.batch.surplus:
            return [], []
        self.claimed.add(index)
        self.minted += total
        self.issued += total
        self.buffer += total - amount
        self.balances[index % PEOPLE] += amount
        return self.batch.minted(leaf), [self.batch.claim_call(leaf)]

    def _transfer(self, index: int, grams: int) -> tuple[list[Told], list[Call]]:
        if grams > self.balances[index]:
            return [], []
        self.balances[index] -= grams
        self.balances[(index + 1) % PEOPLE] += grams
        return [moved(person(index).address, person((index + 1) % PEOPLE).address, grams)], []

    def _retire(self, index: int, grams: int) -> tuple[list[Told], list[Call]]:
        if grams > self.balances[index]:
            return [], []
        self.balances[index] -= grams
        holder = person(index).address
        return [moved(holder, NOBODY, grams), retired(holder, grams)], []

    def _refill(self, index: int, grams: int) -> tuple[list[Told], list[Call]]:
        if grams > self.balances[index]:
            return [], []
        self.balances[index] -= grams
        self.buffer += grams
        holder = person(index).address
        refilled = {"account": holder, "classId": CLASS_ID, "amount": grams}
        return [moved(holder, NOBODY, grams), ("CarbonCredit", "BufferRefilled", refilled)], []

    def _reverse(self, _index: int, grams: int) -> tuple[list[Told], list[Call]]:
        if grams + self.owed > self.issued:
            return [], []
        self.owed += grams
        self.issued -= grams  # what is left to be reversed
        return [("CarbonCredit", "ReversalRecorded", {"classId": CLASS_ID, "amount": grams, "ref": bytes(32)})], []

    def _cancel(self, _index: int, grams: int) -> tuple[list[Told], list[Call]]:
        if grams > min(self.owed, self.buffer):
            return [], []
        self.owed -= grams
        self.buffer -= grams
        return [("CarbonCredit", "BufferCancelled", {"classId": CLASS_ID, "amount": grams})], []


def _stage() -> tuple[Stage, Token]:
    stage = Stage()
    stage.open_class()
    accredit(stage)
    leaves = [a_leaf(person(index % PEOPLE).address, 10_000 * (index + 1), index + 1) for index in range(8)]
    batch = a_batch(*leaves, surplus=200_000)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    return stage, Token(batch)


@given(ACTS)
def test_honest_token__any_acts__give_no_finding_inv_01_inv_02_inv_06(acts: list[Act]) -> None:
    stage, token = _stage()
    for act in acts:
        told, calls = token.tell(act)
        assert stage.tell(*told, calls=calls) == []
    minted = sum(token.batch.leaves[index]["amountGco2e"] for index in token.claimed)
    assert minted <= token.batch.surplus


@given(ACTS, st.data())
def test_dishonest_token__one_event_left_out_or_changed__is_found_inv_01(acts: list[Act], data: Any) -> None:
    stage, token = _stage()
    story = [(told, calls) for told, calls in map(token.tell, acts) if told]
    if not story:
        return
    place = data.draw(st.integers(0, len(story) - 1))
    told, _ = story[place]
    if told[0][1] in {"ReversalRecorded", "BufferCancelled"} or told[0][2].get("from") not in {None, NOBODY}:
        told[0][2]["amount" if "amount" in told[0][2] else "value"] += 10**9
    else:
        told.pop(data.draw(st.integers(0, len(told) - 1)))
    broken = [stage.tell(*events, calls=made) for events, made in story[: place + 1]]
    assert broken[-1] != []
    assert all(before == [] for before in broken[:-1])


@given(st.lists(st.integers(0, 7), min_size=2, max_size=10))
def test_claims__in_any_order_and_again__mint_each_nullifier_at_most_once_inv_02(order: list[int]) -> None:
    stage, token = _stage()
    seen: set[int] = set()
    for index in order:
        leaf = token.batch.leaves[index]
        broken = stage.tell(*token.batch.minted(leaf), calls=[token.batch.claim_call(leaf)])
        assert ("claims.nullifier" in broken) == (index in seen)
        seen.add(index)
