"""One buy over several classes through the trading client: checked before it is signed, placed together, read again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.cli import app
from backend.kernel.clock import SystemClock, unix_s
from backend.market.buy_plan_client import PlanDiffers, Sought, check_plan
from backend.market.buy_plan_views import BuyPlanOut
from backend.storage.database import Database
from tests.api.trader_world import Desk
from tests.unit.market.world import ANA, BO, CHEN, OTHER_CLASS_ID, World

PRICE = 100_000
SOUGHT = Sought(lots=9, limit_per_kg=PRICE, methodology="SIM", reference="spring")


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """ANA sells 3 kg of one class and 4 kg of the other."""
    made_world = World(database)
    made_world.clock.at = SystemClock().now()
    made_world.start()
    made_world.sell(ANA, 3, PRICE)
    made_world.sell(ANA, 4, PRICE - 2_000, class_id=OTHER_CLASS_ID)
    made = Desk.of(made_world)
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=made.line))
    yield made
    made_world.stop()


def test_plan__that_is_what_was_asked__is_signed_and_placed_together(desk: Desk) -> None:
    bo = desk.trader(BO)
    plan = bo.plan(SOUGHT)
    assert (plan.lots_fillable, plan.cost, len(plan.orders)) == (7, 692_000, 2)
    assert list(bo.orders()) == []

    outcomes = bo.place_plan(plan)

    assert [getattr(each, "outcome", each) for each in outcomes] == ["filled", "filled"]
    bought = bo.bought("spring")
    assert (bought.lots_matched, bought.cost) == (7, 692_000)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("maker", {"maker": CHEN.address}),
        ("beneficiary", {"beneficiary": CHEN.address}),
        ("side", {"side": "sell"}),
        ("max_fee_bps", {"maxFeeBps": "101"}),
        ("expiry", {"expiry": "4000000000"}),
        ("action", {"action": "retire"}),
        ("ref", {"ref": "0x" + "01" * 32}),
        ("price_per_kg", {"pricePerKg": str(PRICE + 1)}),
        ("time_in_force", {"timeInForce": "gtc"}),
        ("lots", {"amountGco2e": "7000"}),
    ],
)
def test_plan__that_allows_more_than_was_asked__is_not_signed(desk: Desk, what: str, changed: dict[str, str]) -> None:
    bo = desk.trader(BO)
    honest = bo.plan(SOUGHT)
    expiry = honest.orders[0].order.expiry
    check_plan(honest, SOUGHT, BO.address, expiry)
    told: dict[str, Any] = json.loads(honest.model_dump_json(by_alias=True))
    told["orders"][1]["order"] |= changed

    with pytest.raises(PlanDiffers) as differs:
        check_plan(BuyPlanOut.model_validate_json(json.dumps(told)), SOUGHT, BO.address, expiry)
    assert (differs.value.code, differs.value.fields["what"]) == ("market.plan_differs", what)


@pytest.mark.parametrize(
    ("criterion", "narrower"),
    [("region", {"regions": ("CN",)}), ("vintage", {"vintages": (2024,)}), ("methodology", {"methodology": "METER"})],
)
def test_plan__of_a_class_that_was_not_asked_for__is_not_signed(
    desk: Desk, criterion: str, narrower: dict[str, Any]
) -> None:
    plan = desk.trader(BO).plan(SOUGHT)
    with pytest.raises(PlanDiffers) as differs:
        check_plan(plan, replace(SOUGHT, **narrower), BO.address, plan.orders[0].order.expiry)
    assert (differs.value.fields["what"], criterion in str(differs.value.fields["expected"])) == ("class", True)


def test_sought__as_it_is_asked__is_what_the_server_plans_for(desk: Desk) -> None:
    bo = desk.trader(BO)
    only = replace(SOUGHT, regions=("US",), vintages=(2025,), lifetime_s=3600, reference=None)
    plan = bo.plan(only)
    assert [(one.class_code, one.lots_fillable) for one in plan.orders] == [("US-CA/2025/SIM", 4)]
    assert plan.orders[0].order.expiry == unix_s(desk.world.clock.now()) + 3600


def trade(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["trade", "--dev", "11", *words], input=answer)


def as_json(*words: str) -> Any:
    result = trade(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.usefixtures("desk")
def test_command__shows_the_plan_asks_and_buys() -> None:
    words = ("buy-any", "9", "--price", "0.1", "--methodology", "SIM", "--name", "spring")
    dry = trade(*words, "--dry-run")
    assert "7 of 9 kg for" in dry.stdout
    assert max(map(len, dry.stdout.splitlines())) <= 120
    assert trade(*words, answer="n\n").exit_code == 1
    assert as_json("orders", "--all") == []

    done = as_json(*words, "--yes")
    assert [one["accepted"]["outcome"] for one in done["outcomes"]] == ["filled", "filled"]
    assert as_json("bought", "spring")["lotsMatched"] == "7"
    assert "7 of 7 kg bought for 0.692 TTD" in trade("bought", "spring").stdout
    unknown = trade("bought", "autumn")
    assert unknown.exit_code == 2
    assert "no order of yours has the number, hash or name autumn" in unknown.stderr


@pytest.mark.usefixtures("desk")
def test_command__with_a_name_that_was_used__says_what_was_refused_and_fails() -> None:
    words = ("buy-any", "1", "--price", "0.1", "--name", "spring", "--yes")
    assert trade(*words).exit_code == 0
    again = trade(*words)
    assert again.exit_code == 1
    assert "refused: market.client_order_id_taken: clientOrderId spring:1 names another order" in again.stdout


@pytest.mark.usefixtures("desk")
def test_command__with_nothing_to_buy__says_why() -> None:
    told = trade("buy-any", "9", "--price", "0.1", "--vintage", "1999")
    assert told.exit_code == 0
    assert "of another vintage" in told.stdout
    assert trade("buy-any", "9", "--price", "0.1", "--retire", "--donate", "1", "--json").exit_code == 2
