"""INV-08 of modes: an auditor finds the prices that stood, the days' spreads and the earned mode as told, or not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.audit.replay import audit_journal
from backend.audit.report import Report
from backend.kernel.clock import from_unix_s, unix_s
from backend.market.governing import SettingRules
from backend.market.rules import ClassRules
from backend.market.spread import DAYS_KEPT
from backend.market.trading_day import DAY_S, Mode, TradingDay
from tests.integration.audit.journal_story import Day, Row, Rows
from tests.postgres import fresh_database
from tests.unit.market.world import ANA, BO, CLASS_ID

FAR = timedelta(days=300)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """A class that is narrow for as long as it takes to be listed, told as an operator tells it."""
    with fresh_database(tmp_path_factory.mktemp("spreads")) as database:
        day = Day(database)
        day.world.draw = lambda _below: 0
        day.world.market = day.world.new_market()
        day.world.start()
        thin = ClassRules(CLASS_ID, mode=Mode.CALL, mode_pinned=False, day=TradingDay(calls=(3600,), random_end_s=0))
        day.world.market.sequencer.call(SettingRules(thin))
        day.later(1)
        expiry = unix_s(day.world.clock.at + FAR)
        day.world.refund()
        day.world.buy(BO, 1, 100, expiry=expiry)
        day.world.sell(ANA, 1, 103, expiry=expiry)
        for _ in range(DAYS_KEPT + 2):
            day.world.clock.at = from_unix_s((unix_s(day.world.clock.at) // DAY_S + 1) * DAY_S)
            for _ in range(2):
                day.later(600)
                day.world.refund()
        day.world.stop()
        yield day.rows()


def _report(rows: Rows, folder: Path) -> Report:
    rows.rechain()
    return audit_journal(rows.written(folder))


def test_journal__of_an_earned_mode__holds(rows: Rows, tmp_path: Path) -> None:
    assert [line["payload"]["rules"]["mode"] for line in rows.lines if line["kind"] == "rules"] == ["call", "listed"]
    assert _report(rows.copy(), tmp_path).findings == ()


def _earlier(rows: Rows) -> Row:
    """The mode is told to have been earned a day before it was."""
    earned, review = rows.line("rules", 1), rows.line("review", DAYS_KEPT - 3)
    lines = [line for line in rows.lines if line is not earned]
    lines.insert(lines.index(review) + 1, earned | {"time": review["time"]})
    rows.replace_lines(lines)
    return rows.line("rules", 1)


def _set(kind: str, nth: int, change: Callable[[dict[str, Any]], Any]) -> Callable[[Rows], Row]:
    def apply(rows: Rows) -> Row:
        line = rows.line(kind, nth)
        change(line["payload"])
        return line

    return apply


FORGERIES = {
    "another price": _set("spread", 5, lambda told: told["quotes"][0].update(askPerKg="104")),
    "a side that was there": _set("spread", 5, lambda told: told["quotes"][0].update(bidPerKg=None)),
    "another average": _set("review", 3, lambda told: told.update(spreadBps=told["spreadBps"] + 1)),
    "another number of looks": _set("review", 3, lambda told: told.update(moments=told["moments"] + 1)),
    "another mode": _set("rules", 1, lambda told: told.update(rules=told["rules"] | {"mode": "continuous"})),
    "a mode too early": _earlier,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_journal__falsified__is_found_and_its_line_named(rows: Rows, tmp_path: Path, forgery: str) -> None:
    forged = rows.copy()
    line = FORGERIES[forgery](forged)

    report = _report(forged, tmp_path)

    found = [finding for finding in report.findings if finding.check == "journal.commands"]
    assert line["sequence"] in [finding.where.line for finding in found]
