"""The statement's states: one way up to attested, and a way back only from what the chain says."""

import itertools

import pytest

from backend.ledger.state import FROZEN, State, StatementStateWrong, step, step_back

ALLOWED = {
    ("open", "closed"), ("closed", "open"), ("closed", "closed"), ("closed", "submitted"), ("submitted", "returned"),
    ("submitted", "attested"), ("returned", "closed"), ("attested", "issued"), ("attested", "neutral"),
    ("attested", "deficit"), ("issued", "claimed"), ("deficit", "partly_settled"), ("deficit", "settled"),
    ("partly_settled", "settled"), ("returned", "appealed"), ("appealed", "returned"), ("appealed", "submitted"),
}  # fmt: skip
BACK = {
    ("issued", "attested"), ("claimed", "issued"), ("neutral", "attested"), ("deficit", "attested"),
    ("partly_settled", "deficit"), ("partly_settled", "attested"), ("settled", "partly_settled"),
    ("settled", "deficit"), ("settled", "attested"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "to"), itertools.product(State, State))
def test_step__any_pair__is_allowed_only_if_the_design_says_so(state: State, to: State) -> None:
    if (state, to) in ALLOWED:
        assert step(state, to) is to
    else:
        with pytest.raises(StatementStateWrong) as refused:
            step(state, to)
        assert refused.value.code == "statement.state_wrong"


@pytest.mark.parametrize(("state", "to"), itertools.product(State, State))
def test_step_back__any_pair__undoes_only_what_the_chain_said(state: State, to: State) -> None:
    if (state, to) in BACK:
        assert step_back(state, to) is to
    else:
        with pytest.raises(StatementStateWrong):
            step_back(state, to)


def test_frozen__from_submission_on() -> None:
    assert set(State) - FROZEN == {State.OPEN, State.CLOSED, State.RETURNED}
