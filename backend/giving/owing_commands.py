"""`tanyu me owe` and `tanyu me settle`: a person's deficits, and settling one in one act."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from backend.access.client import ApiClient, ApiProblem
from backend.access.figures import decimal_text
from backend.access.language import terminal_language
from backend.access.signed_in import Key, signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.giving.kinds import RetirementPurpose
from backend.giving.retire_commands import DryRun, Yes, reference_of, sign_and_retire
from backend.giving.retire_words import PAYMENT_DECIMALS, buy_words
from backend.giving.retirement import Retire
from backend.giving.signed_message import deadline_after, fresh_number, signed_body
from backend.issuance.statement_commands import me
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.errors import NotFound, RuleViolated
from backend.kernel.mass import LOT_GCO2E
from backend.ledger.person_commands import Vintage, person
from backend.market.order import Action, Side, SignedOrder
from backend.market.place import EpochStale

__all__ = ["me"]

BUYS_FOR = timedelta(days=1)
"""How long a buy waits for what the book did not have at once, such as for a call."""


class By(StrEnum):
    """What settles: credits of one's own, or credits bought for it."""

    CREDITS = "credits"
    MARKET = "market"


class NothingOwed(NotFound):
    """No deficit of that vintage with something outstanding."""

    code = "deficit.nothing_owed"

    def __init__(self, vintage: int) -> None:
        super().__init__(f"nothing is owed for {vintage}; `tanyu me owe` lists what is", vintage=vintage)


class NothingFits(RuleViolated):
    """Neither own credits nor offers of a class that may settle the deficit."""

    code = "deficit.nothing_fits"

    def __init__(self, region: str, vintage: int, by: By) -> None:
        what = "no credits of yours" if by is By.CREDITS else "no offers in the book"
        super().__init__(
            f"there are {what} of {region} of vintage {vintage} or earlier; aid may help, see `tanyu aid rounds`",
            region=region,
            vintage_latest=vintage,
            by=by,
        )


def _by_vintage(owed: list[dict[str, Any]]) -> dict[str, Any]:
    """Deficits as people read them: one beneath the other, what the rest costs now beside what is owed."""
    found = {}
    for one in owed:
        market = one["market"]
        cost = {f"{name}Now": market[name] for name in ("lotsWanted", "lots")}
        cost |= {f"{name}Now": decimal_text(int(market[name]), PAYMENT_DECIMALS) for name in ("cost", "fee")}
        own = [{name: held[name] for name in ("classCode", "amountGco2e")} for held in one["ownCredits"]]
        same = {name: value for name, value in one.items() if name not in {"vintage", "market"}}
        found[str(one["vintage"])] = same | cost | {"ownCredits": own}
    return found or {"owed": []}


_ACTED = ("kind", "amountGco2e", "state", "orderHash", "outcome", "lotsOpen")


def _acts(acts: list[dict[str, Any]]) -> Any:
    """What was done as a table of what matters of it; what would be signed, sentence by sentence."""
    said = [sentence for act in acts for name in ("wouldRetire", "wouldBuy") for sentence in act.get(name, ())]
    if said:
        return {"wouldSign": said}
    return [{name: act[name] for name in _ACTED if name in act} for act in acts]


@me.command("owe")
def owe(*, as_json: AsJson = False) -> None:
    """What you owe, by when, what settled it so far, and what the rest would cost at the book now."""
    person.ask("GET", "/deficits", as_json=as_json, shape=_by_vintage)


@me.command("settle")
def settle(  # noqa: PLR0917 - typer's parameters, each an option by its name
    vintage: Vintage,
    by: Annotated[By, typer.Option("--by", help="Your own credits, or credits bought at the market for it.")],
    grams: Annotated[int | None, typer.Option("--grams", min=1, help="Only so much of it.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most to pay a kg, in base units; as offered if left out.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Settles what you owe for a year, or a part of it: credits are retired under its reference, for ever."""
    with failing_plainly(as_json=as_json):
        key = person.key()
        with signed_in_client(person.url, key) as client:
            owed = _owed(person.request(client, "GET", "/deficits"), vintage)
            wanted_gco2e = min(int(owed["outstandingGco2e"]), grams or int(owed["outstandingGco2e"]))
            if by is By.CREDITS:
                acts = [
                    sign_and_retire(person, key, retire, None, dry_run=dry_run, yes=yes)
                    for retire in _retirements(owed, key, wanted_gco2e)
                ]
            else:
                fees = {row["classId"]: int(row["feeBps"]) for row in client.get("/market/classes")}
                orders = _orders(owed, key, wanted_gco2e, limit, fees)
                acts = [_buy(client, key, order, dry_run=dry_run, yes=yes) for order in orders]
        if not acts:
            raise NothingFits(owed["region"], vintage, by)
        person.show(acts, as_json=as_json, shape=_acts)


def _owed(deficits: list[dict[str, Any]], vintage: int) -> dict[str, Any]:
    """The open deficit of a vintage. Raises NothingOwed."""
    for one in deficits:
        if one["vintage"] == vintage and int(one["outstandingGco2e"]):
            return one
    raise NothingOwed(vintage)


def _retirements(owed: Mapping[str, Any], key: Key, wanted_gco2e: int) -> Iterator[Retire]:
    """Own credits for it, the oldest vintage first."""
    left = wanted_gco2e
    for held in owed["ownCredits"]:
        amount = min(left, int(held["amountGco2e"]))
        if amount:
            yield Retire(
                account=key.signer.address,
                beneficiary=person.ward or key.signer.address,
                class_id=int(held["classId"]),
                amount_gco2e=amount,
                purpose=RetirementPurpose.DEFICIT,
                ref=reference_of(owed["reference"]),
                number=fresh_number(),
                deadline=deadline_after(SystemClock().now()),
            )
        left -= amount


def _orders(
    owed: Mapping[str, Any], key: Key, wanted_gco2e: int, limit: int | None, fees: Mapping[str, int]
) -> Iterator[SignedOrder]:
    """A buy for each class that is offered, in whole kg rounded up; not numbered yet."""
    left = -(-wanted_gco2e // LOT_GCO2E)
    for offer in owed["market"]["offers"]:
        lots = min(left, int(offer["lots"]))
        if lots:
            yield SignedOrder(
                maker=key.signer.address,
                beneficiary=person.ward or key.signer.address,
                class_id=int(offer["classId"]),
                side=Side.BUY,
                amount_gco2e=lots * LOT_GCO2E,
                price_per_kg=limit or int(offer["worstPerKg"]),
                max_fee_bps=fees[offer["classId"]],
                expiry=unix_s(SystemClock().now() + BUYS_FOR),
                number=0,
                epoch=0,
                action=Action.RETIRE,
                ref=reference_of(owed["reference"]),
            )
        left -= lots


def _buy(client: ApiClient, key: Key, order: SignedOrder, *, dry_run: bool, yes: bool) -> Any:
    """Tells what will be signed, asks, takes a number, signs and places; with `dry_run` it only tells."""
    says = buy_words(order, terminal_language(person.language, os.environ))
    if dry_run:
        return {"wouldBuy": list(says), "amountGco2e": str(order.amount_gco2e)}
    if not yes:
        typer.echo("\n".join(says), err=True)
        typer.confirm("Sign this?", abort=True, err=True)
    numbered = replace(order, number=int(client.post("/orders/numbers", {"count": 1})["from"]))
    try:
        return _placed(client, key, numbered)
    except ApiProblem as refusal:
        if refusal.problem_code != EpochStale.code:
            raise
        return _placed(client, key, replace(numbered, epoch=int(refusal.problem["expected"])))


def _placed(client: ApiClient, key: Key, order: SignedOrder) -> Any:
    return client.post("/orders", signed_body(client, key, "Order", order.message(), contract="Exchange"))
