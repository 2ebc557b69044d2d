"""The audit's own matcher carries out every kind of line by the market's rules, and names the one that it cannot."""

from pathlib import Path
from typing import Any

import pytest

from backend.kernel.digest import to_hex
from tests.unit.audit.journals import ANA, BO, CHEN, CLASS_ID, DANA, HOUR_S, NOON_S, Written


@pytest.fixture
def book() -> Written:
    """1: ANA sells 5 at 100; 2: BO sells 5 at 100; 3: CHEN sells 5 at 102."""
    written = Written()
    written.place(ANA, "sell", 5, 100)
    written.place(BO, "sell", 5, 100)
    written.place(CHEN, "sell", 5, 102)
    return written


RESTING: dict[str, tuple[str, int, int]] = dict.fromkeys(("o1", "o2", "o3"), ("open", 5, 0))


def test_place__crossing__fills_best_price_first_and_oldest_first(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 12, 102, (4, 1, 5, 100), (4, 2, 5, 100), (4, 3, 2, 102))
    ends = {"o1": ("filled", 0, 5), "o2": ("filled", 0, 5), "o3": ("open", 3, 2), "o4": ("filled", 0, 12)}
    assert book.findings(tmp_path, **ends) == []


def test_place__ioc__gives_up_what_it_does_not_find(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 7, 99, timeInForce="ioc")
    book.place(DANA, "buy", 12, 100, (5, 1, 5, 100), (5, 2, 5, 100), timeInForce="ioc")
    ends = {"o1": ("filled", 0, 5), "o2": ("filled", 0, 5), "o3": ("open", 5, 0)}
    assert book.findings(tmp_path, **ends, o4=("killed", 0, 0), o5=("killed", 0, 10)) == []


def test_place__fok__fills_whole_or_not_at_all(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 11, 100, timeInForce="fok")
    book.place(DANA, "buy", 10, 100, (5, 1, 5, 100), (5, 2, 5, 100), timeInForce="fok")
    ends = {"o1": ("filled", 0, 5), "o2": ("filled", 0, 5), "o3": ("open", 5, 0)}
    assert book.findings(tmp_path, **ends, o4=("killed", 0, 0), o5=("filled", 0, 10)) == []


@pytest.mark.parametrize(("lots", "fills"), [(20, 20), (21, 0)])
def test_place__fok__takes_from_twenty_orders_and_no_more(tmp_path: Path, lots: int, fills: int) -> None:
    book = Written()
    for _ in range(21):
        book.place(ANA, "sell", 1, 100)
    book.place(DANA, "buy", lots, 100, *((22, at, 1, 100) for at in range(1, fills + 1)), timeInForce="fok")
    ends = {f"o{at}": ("filled", 0, 1) if at <= fills else ("open", 1, 0) for at in range(1, 22)}
    assert book.findings(tmp_path, **ends, o22=("filled", 0, 20) if fills else ("killed", 0, 0)) == []


def test_place__gtd__leaves_a_minute_after_it_said(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 1, 90, timeInForce="gtd", goodUntil=NOON_S + 300)
    book.now_s += 301
    book.line("expire", {"before": NOON_S + 360})
    assert book.findings(tmp_path, **RESTING, o4=("expired", 0, 0)) == []


@pytest.mark.parametrize(
    ("word", "own", "new"),
    [
        ("cancel_newest", ("open", 5, 0), ("cancelled", 0, 5)),
        ("cancel_oldest", ("cancelled", 0, 0), ("filled", 0, 8)),
        ("cancel_both", ("cancelled", 0, 0), ("cancelled", 0, 5)),
    ],
)
def test_place__meeting_its_own_person__does_as_it_was_told(
    book: Written, tmp_path: Path, word: str, own: tuple[str, int, int], new: tuple[str, int, int]
) -> None:
    """Self-trade prevention is a person's, across its addresses: BO's order is owned by DANA's person here."""
    book.rows.lines[1]["payload"]["owner"] = "dana"
    goes_on = ((4, 3, 3, 102),) if word == "cancel_oldest" else ()
    book.place(DANA, "buy", 8, 102, (4, 1, 5, 100), *goes_on, owner="dana", selfTrade=word)
    last = ("open", 2, 3) if goes_on else ("open", 5, 0)
    assert book.findings(tmp_path, o1=("filled", 0, 5), o2=own, o3=last, o4=new) == []


def test_place__fok_with_cancel_oldest__steps_over_its_own(book: Written, tmp_path: Path) -> None:
    book.rows.lines[0]["payload"]["owner"] = "dana"
    book.place(DANA, "buy", 5, 100, owner="dana", timeInForce="fok")
    fills = ((5, 2, 5, 100),)
    book.place(DANA, "buy", 5, 100, *fills, owner="dana", timeInForce="fok", selfTrade="cancel_oldest")
    ends = {"o1": ("cancelled", 0, 0), "o2": ("filled", 0, 5), "o3": ("open", 5, 0)}
    assert book.findings(tmp_path, **ends, o4=("killed", 0, 0), o5=("filled", 0, 5)) == []


def test_band__nothing_is_filled_outside_and_a_breach_calls(book: Written, tmp_path: Path) -> None:
    book.reference(100, 90, 101)
    book.place(DANA, "buy", 12, 103, (5, 1, 5, 100), (5, 2, 5, 100))
    book.phase("volatility_call", "band_breach")
    book.auction(102, 2, (5, 3, 2, 102), phase="continuous")
    ends = {"o1": ("filled", 0, 5), "o2": ("filled", 0, 5), "o3": ("open", 3, 2), "o5": ("filled", 0, 12)}
    assert book.findings(tmp_path, **ends) == []


def test_band__breach_without_a_call__is_found(book: Written, tmp_path: Path) -> None:
    book.reference(100, 90, 101)
    book.place(DANA, "buy", 12, 103, (5, 1, 5, 100), (5, 2, 5, 100))
    book.place(DANA, "buy", 1, 80)
    (finding,) = book.findings(tmp_path)
    assert (finding.check, finding.where.line) == ("journal.commands", 6)
    assert "volatility call" in finding.expected


def test_collecting__orders_wait_and_never_face_their_own(tmp_path: Path) -> None:
    book = Written()
    book.phase("call")
    book.place(ANA, "sell", 5, 95)
    book.place(BO, "buy", 5, 105)
    book.place(ANA, "buy", 5, 100)
    book.place(BO, "sell", 5, 100, selfTrade="cancel_oldest")
    ends = {"o2": ("open", 5, 0), "o3": ("cancelled", 0, 0), "o4": ("cancelled", 0, 0), "o5": ("open", 5, 0)}
    assert book.findings(tmp_path, **ends) == []


def _call(*orders: tuple[Any, str, int, int]) -> Written:
    """Lines 2 and on are orders that wait in a call."""
    book = Written()
    book.phase("call")
    for maker, side, lots, price in orders:
        book.place(maker, side, lots, price)
    return book


def test_auction__most_volume__one_price_for_all_in_price_and_time_order(tmp_path: Path) -> None:
    book = _call((ANA, "sell", 4, 98), (BO, "sell", 6, 100), (CHEN, "buy", 7, 101), (DANA, "buy", 5, 100))
    book.auction(100, 10, (4, 2, 4, 100), (4, 3, 3, 100), (5, 3, 3, 100))
    ends = {"o2": ("filled", 0, 4), "o3": ("filled", 0, 6), "o4": ("filled", 0, 7), "o5": ("open", 2, 3)}
    assert book.findings(tmp_path, **ends) == []


@pytest.mark.parametrize(
    ("reference", "price"),
    [(None, 95), (90, 95), (99, 99), (120, 105)],
)
def test_auction__ties__least_imbalance_then_nearest_reference_then_lower(
    tmp_path: Path, reference: int | None, price: int
) -> None:
    book = Written()
    if reference is not None:
        book.reference(reference, None, None)
    book.phase("call")
    first = len(book.rows.lines) + 1
    book.place(ANA, "sell", 5, 95)
    book.place(BO, "buy", 5, 105)
    book.auction(price, 5, (first + 1, first, 5, price))
    ends = {f"o{first}": ("filled", 0, 5), f"o{first + 1}": ("filled", 0, 5)}
    assert book.findings(tmp_path, **ends) == []


def test_auction__nobody_meets__has_no_price(tmp_path: Path) -> None:
    book = _call((ANA, "sell", 4, 101), (BO, "buy", 6, 100))
    book.auction(None, 0)
    assert book.findings(tmp_path, o2=("open", 4, 0), o3=("open", 6, 0)) == []


@pytest.mark.parametrize(("price", "lots", "sell"), [(99, 10, 2), (100, 9, 2), (100, 10, 3)])
def test_auction__another_price_volume_or_pair__is_found(tmp_path: Path, price: int, lots: int, sell: int) -> None:
    book = _call((ANA, "sell", 4, 98), (BO, "sell", 6, 100), (CHEN, "buy", 7, 101), (DANA, "buy", 5, 100))
    book.auction(price, lots, (4, sell, 4, price), (4, 3, 3, price), (5, 3, 3, price))
    assert {finding.where.line for finding in book.findings(tmp_path)} == {6}


def test_auction__call_outside_the_band__is_found_but_a_volatility_call_may(tmp_path: Path) -> None:
    for phase, found in (("call", {5}), ("volatility_call", set[int]())):
        book = Written()
        book.reference(80, 72, 88)
        book.phase(phase)
        book.place(ANA, "sell", 5, 95)
        book.place(BO, "buy", 5, 95)
        book.auction(95, 5, (4, 3, 5, 95))
        folder = tmp_path / phase
        folder.mkdir()
        if found:
            assert {finding.where.line for finding in book.findings(folder)} == found
        else:
            assert book.findings(folder, o3=("filled", 0, 5), o4=("filled", 0, 5)) == []


def test_replace__no_more_at_the_same_price__keeps_its_place(book: Written, tmp_path: Path) -> None:
    number = int(book.rows.lines[0]["payload"]["order"]["number"])
    book.line("replace", {"orderId": 1, **book.order(ANA, "sell", 3, 100, number=number)})
    book.place(DANA, "buy", 4, 100, (5, 4, 3, 100), (5, 2, 1, 100))
    ends = {"o1": ("cancelled", 0, 0), "o2": ("open", 4, 1), "o3": ("open", 5, 0), "o4": ("filled", 0, 3)}
    assert book.findings(tmp_path, **ends, o5=("filled", 0, 4)) == []


@pytest.mark.parametrize(("phase", "is_taken"), [("cancel_only", True), ("halted", False), ("closed", False)])
def test_replace__no_more_at_the_same_price__is_taken_where_orders_only_leave(
    book: Written, tmp_path: Path, phase: str, is_taken: bool
) -> None:
    number = int(book.rows.lines[0]["payload"]["order"]["number"])
    book.phase(phase)
    book.line("replace", {"orderId": 1, **book.order(ANA, "sell", 3, 100, number=number)})
    ends = {"o1": ("cancelled", 0, 0), "o2": ("open", 5, 0), "o3": ("open", 5, 0), "o5": ("open", 3, 0)}
    assert (book.findings(tmp_path, **ends) == []) is is_taken


@pytest.mark.parametrize(("lots", "price", "force"), [(6, 100, "gtc"), (5, 99, "gtc"), (3, 100, "ioc")])
def test_replace__that_cancel_only_refuses_everybody__is_found(
    book: Written, tmp_path: Path, lots: int, price: int, force: str
) -> None:
    number = int(book.rows.lines[0]["payload"]["order"]["number"])
    book.phase("cancel_only")
    changed = {"orderId": 1, **book.order(ANA, "sell", lots, price, number=number)}
    book.line("replace", changed | {"instructions": {"timeInForce": force}})
    assert 5 in {finding.where.line for finding in book.findings(tmp_path) if finding.check == "journal.commands"}


def test_replace__more_or_at_another_price__goes_to_the_end(book: Written, tmp_path: Path) -> None:
    number = int(book.rows.lines[0]["payload"]["order"]["number"])
    book.line("replace", {"orderId": 1, **book.order(ANA, "sell", 6, 100, number=number)})
    book.place(DANA, "buy", 6, 100, (5, 2, 5, 100), (5, 4, 1, 100))
    ends = {"o1": ("cancelled", 0, 0), "o2": ("filled", 0, 5), "o3": ("open", 5, 0), "o4": ("open", 5, 1)}
    assert book.findings(tmp_path, **ends, o5=("filled", 0, 6)) == []


@pytest.mark.parametrize("changed", [{"side": "buy", "price": 90}, {"number": 77}, {"maker": BO}])
def test_replace__of_another_order__is_found(book: Written, tmp_path: Path, changed: dict[str, Any]) -> None:
    signed: dict[str, Any] = {"maker": ANA, "side": "sell", "lots": 3, "price": 100, "number": 0} | changed
    book.line("replace", {"orderId": 1, **book.order(**signed)})
    assert {finding.where.line for finding in book.findings(tmp_path)} == {4}


def test_cancel_all__takes_every_order_of_the_account_and_no_other(book: Written, tmp_path: Path) -> None:
    book.place(ANA, "sell", 2, 110)
    everything = {"account": ANA.address, "classId": None, "orderIds": [1, 4], "reason": "by_maker"}
    book.line("cancel_all", everything)
    ends = {"o1": ("cancelled", 0, 0), "o2": ("open", 5, 0), "o3": ("open", 5, 0), "o4": ("cancelled", 0, 0)}
    assert book.findings(tmp_path, **ends) == []
    book.place(ANA, "sell", 2, 110)
    book.line("cancel_all", everything | {"orderIds": [2]})
    assert {finding.where.line for finding in book.findings(tmp_path)} == {7}


def test_heartbeat__missed__only_when_its_time_is_over(book: Written, tmp_path: Path) -> None:
    book.line("heartbeat", {"account": ANA.address, "until": NOON_S + 30})
    missed = {"account": ANA.address, "classId": str(CLASS_ID), "orderIds": [1], "reason": "heartbeat_missed"}
    book.line("cancel_all", missed)
    (finding,) = book.findings(tmp_path)
    assert (finding.where.line, finding.check) == (5, "journal.commands")
    book.rows.rows.pop()
    book.now_s += 30
    book.line("cancel_all", missed)
    ends = {"o1": ("cancelled", 0, 0), "o2": ("open", 5, 0), "o3": ("open", 5, 0)}
    assert book.findings(tmp_path, **ends) == []
    book.line("heartbeat", {"account": BO.address, "until": NOON_S + 90})
    book.line("heartbeat", {"account": BO.address, "until": 0})
    book.now_s += 90
    book.line("cancel_all", missed | {"account": BO.address, "orderIds": [2]})
    assert {finding.where.line for finding in book.findings(tmp_path)} == {8}, "who switched it off misses nothing"


def test_bust__of_a_group__gives_back_all_its_trades_once(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 10, 100, (4, 1, 5, 100), (4, 2, 5, 100), timeInForce="fok")
    back = [
        {"orderId": order_id, "classId": str(CLASS_ID), "account": maker.address, "owner": maker.address}
        | {"side": "sell", "lots": "5", "pricePerKg": "100", "expiry": NOON_S + HOUR_S, "feeBoundBps": 100}
        for order_id, maker in ((1, ANA), (2, BO))
    ]
    bust = {"tradeId": 1, "tradeIds": [1, 2], "reason": "PaymentFailed", "restored": back}
    evicted = [{"orderId": 4, "reason": "PaymentFailed"}]
    book.line("bust", bust | {"evicted": evicted})
    assert book.findings(tmp_path, **RESTING, o4=("killed", 0, 0)) == []
    book.line("bust", bust | {"evicted": []})
    (finding,) = book.findings(tmp_path)
    assert (finding.where.line, finding.expected) == (6, "trades that stand")


def test_bust__of_a_filled_ioc__kills_it_whoever_is_at_fault(book: Written, tmp_path: Path) -> None:
    book.place(DANA, "buy", 5, 100, (4, 1, 5, 100), timeInForce="ioc")
    bust = {"tradeId": 1, "reason": "CreditTransferFailed", "restored": []}
    book.line("bust", bust | {"evicted": [{"orderId": 1, "reason": "CreditTransferFailed"}]})
    assert book.findings(tmp_path, **RESTING | {"o1": ("evicted", 0, 0)}, o4=("killed", 0, 0)) == []


@pytest.mark.parametrize(
    ("phase", "instructions"),
    [
        ("closed", {}),
        ("cancel_only", {}),
        ("halted", {}),
        ("call", {"timeInForce": "ioc"}),
        ("pre_open", {"timeInForce": "fok"}),
        ("listed", {}),
        ("continuous", {"postOnly": True}),
    ],
)
def test_phase__that_refuses_everybody__refuses_this_one_too(
    book: Written, tmp_path: Path, phase: str, instructions: dict[str, Any]
) -> None:
    book.phase(phase)
    book.place(DANA, "buy", 1, 100, **instructions)
    assert 5 in {finding.where.line for finding in book.findings(tmp_path) if finding.check == "journal.commands"}


def test_listed__offer_taken_at_once__fills_and_a_gtc_that_meets_nobody_rests(book: Written, tmp_path: Path) -> None:
    book.phase("listed")
    book.place(DANA, "buy", 5, 100, (5, 1, 5, 100), timeInForce="ioc")
    book.place(DANA, "buy", 5, 99, postOnly=True)
    ends = {"o1": ("filled", 0, 5), "o2": ("open", 5, 0), "o3": ("open", 5, 0), "o5": ("filled", 0, 5)}
    assert book.findings(tmp_path, **ends, o6=("open", 5, 0)) == []


def test_order__that_expired_in_the_book__may_meet_nobody(book: Written, tmp_path: Path) -> None:
    """An operator that forgets an expire line cannot let the order trade."""
    book.now_s = NOON_S + HOUR_S
    late = book.order(DANA, "buy", 5, 100)
    book.line("place", late, (4, 1, 5, 100))
    findings = book.findings(tmp_path)
    assert ("journal.commands", 4) in {(finding.check, finding.where.line) for finding in findings}


def test_wallet_contracts_signature__without_a_chain__counts_as_none(book: Written, tmp_path: Path) -> None:
    book.rows.lines[0]["payload"]["signature"] = to_hex(b"\1" * 65)
    (finding,) = book.findings(tmp_path)
    assert (finding.check, finding.where.line, finding.expected) == (
        *("journal.orders", 1),
        f"signed by {ANA.address}",
    )


@pytest.mark.parametrize(
    ("mode", "tick", "lines"), [("call", "5", set[int]()), ("sometimes", "5", {1}), ("call", "0", {1})]
)
def test_rules__of_a_class__are_told_in_a_form_that_can_be_read(
    tmp_path: Path, mode: str, tick: str, lines: set[int]
) -> None:
    book = Written()
    book.line("rules", {"classId": str(CLASS_ID), "rules": {"mode": mode, "tick": tick}})
    book.place(ANA, "sell", 5, 95)
    assert {finding.where.line for finding in book.findings(tmp_path, o2=("open", 5, 0))} == lines
