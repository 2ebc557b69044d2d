"""The market's catalogue of words: whole in both languages, and no state of the market without one."""

import re
from collections.abc import Iterable
from string import Formatter

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.market.instructions import SelfTrade, TimeInForce
from backend.market.order import Action, Side
from backend.market.phase import Phase
from backend.market.place import Outcome
from backend.market.rules import ClassRules
from backend.market.tables import OrderState, TradeState
from backend.market.trading_day import Mode
from backend.market.words import Words, catalogue

CHINESE = Words("zh")
SAME_IN_BOTH = {"kg", "amountOfMoney", "ofOrdered"}


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("section", ["columns", "rules", "values", "says"])
def test_catalogue__of_every_word__has_both_languages_with_the_same_figures(section: str) -> None:
    for name, pair in catalogue()[section].items():
        english, chinese = pair
        assert english.isascii(), name
        assert name in SAME_IN_BOTH or not chinese.isascii(), name
        assert fields(english) == fields(chinese), name


@pytest.mark.parametrize("kind", [Side, Phase, Mode, Outcome, OrderState, TradeState, TimeInForce, SelfTrade])
def test_value__of_every_kind_the_market_tells__has_a_word(kind: Iterable[str]) -> None:
    assert [one for one in kind if CHINESE.value(one).isascii()] == []


def test_rule__of_every_name__has_a_word() -> None:
    payload = ClassRules(1).payload()
    day = payload.pop("day")
    assert isinstance(day, dict)
    assert [name for name in (*payload, *day) if CHINESE.rule(name).isascii()] == []


def test_value__of_every_way_out_that_the_docs_name__has_a_word() -> None:
    lines = CHECKOUT.joinpath("docs", "market.md").read_text("utf-8").split("### Every way out")[1].split("```")[0]
    rows = [line.split("|")[1:3] for line in lines.splitlines() if line.startswith("| `")]
    named = {word for row in rows for cell in row for word in re.findall(r"`([a-z_]+)`", cell)}
    assert {"evicted", "remainder", "self_trade_with_newer", "funds_insufficient"} <= named
    assert sorted(word for word in named if CHINESE.value(word).isascii()) == []


def test_value__that_is_a_code__is_told_as_it_is() -> None:
    assert CHINESE.value("Exchange.BadSignature") == "Exchange.BadSignature"
    assert CHINESE.value(Action.RETIRE) == "注销"
