"""`tanyu me owe` and `tanyu me settle`: a person's deficits, and settling one in one act."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.client import ApiClient, ApiProblem
from backend.access.language import terminal_language
from backend.access.signed_in import Key, signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.giving.aid_applying import application_body, application_path, application_words
from backend.giving.kinds import AidStage, RetirementPurpose
from backend.giving.owing_words import ways_told
from backend.giving.retire_commands import DryRun, Yes, reference_of, sign_and_retire
from backend.giving.retire_words import buy_words
from backend.giving.retirement import Retire
from backend.giving.signed_message import deadline_after, fresh_number, signed_body
from backend.issuance.statement_commands import me
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.errors import InvalidInput, NotFound, RuleViolated
from backend.kernel.mass import LOT_GCO2E
from backend.ledger.person_commands import Vintage, person
from backend.market.order import Action, Side, SignedOrder
from backend.market.place import EpochStale

__all__ = ["me"]

BUYS_FOR = timedelta(days=1)
"""How long a buy waits for what the book did not have at once, such as for a call."""


class By(StrEnum):
    """What settles: credits of one's own, credits bought for it, or a grant of aid."""

    CREDITS = "credits"
    MARKET = "market"
    AID = "aid"


class NothingOwed(NotFound):
    """No deficit of that vintage with something outstanding."""

    code = "deficit.nothing_owed"

    def __init__(self, vintage: int) -> None:
        super().__init__(f"nothing is owed for {vintage}; `tanyu me owe` lists what is", vintage=vintage)


class NothingFits(RuleViolated):
    """Neither own credits nor offers of a class that may settle the deficit, nor an aid round that could."""

    code = "deficit.nothing_fits"

    def __init__(self, regions: Sequence[str], vintage: int, by: By, classes: Sequence[str]) -> None:
        what = {
            By.CREDITS: "you hold no credits of a class that would do",
            By.MARKET: "the book has no offers of a class that would do",
            By.AID: "no aid round, or not that one, could give to it",
        }[by]
        would = f"{' or '.join(regions)}, of vintage {vintage} or earlier: {', '.join(classes) or 'none so far'}"
        super().__init__(
            f"{what} ({would}); aid may help, see `tanyu aid rounds`",
            regions=list(regions),
            vintage_latest=vintage,
            classes=list(classes),
            by=by,
        )


class CredentialMissing(InvalidInput):
    """Aid is given to who brings a registered body's yes."""

    code = "aid.credential_missing"

    def __init__(self) -> None:
        super().__init__(
            "aid needs a credential of a registered body: give its file as --credential FILE; `tanyu aid bodies` says"
            " who may write one"
        )


def _by_vintage(owed: list[dict[str, Any]]) -> dict[str, Any]:
    """Deficits as people read them: one beneath the other, and to each the three ways to settle it in sentences."""
    found: dict[str, Any] = {}
    for one in owed:
        own = [{name: held[name] for name in ("classCode", "amountGco2e")} for held in one["ownCredits"]]
        same = {name: value for name, value in one.items() if name not in {"vintage", "market", "aid", "classes"}}
        found[str(one["vintage"])] = same | {"ownCredits": own, "ways": ways_told(one)}
    return found or {"owed": []}


_ACTED = ("kind", "roundId", "stage", "amountGco2e", "needGco2e", "state", "orderHash", "outcome", "lotsOpen")
_WOULD = ("wouldRetire", "wouldBuy", "wouldApply")


def _acts(acts: list[dict[str, Any]]) -> Any:
    """What was done as a table of what matters of it; what would be signed or asked for, sentence by sentence."""
    said = [sentence for act in acts for name in _WOULD for sentence in act.get(name, ())]
    if said:
        return {"wouldSign": said}
    return [{name: act[name] for name in _ACTED if name in act} for act in acts]


@me.command("owe")
def owe(*, as_json: AsJson = False) -> None:
    """What you owe, by when, what settled it so far, and the three ways to settle the rest: own credits, the market at
    what it asks now, and aid.
    """
    person.ask("GET", "/deficits", as_json=as_json, shape=_by_vintage)


@me.command("settle")
def settle(  # noqa: PLR0917 - typer's parameters, each an option by its name
    vintage: Vintage,
    by: Annotated[By, typer.Option("--by", help="Your own credits, credits bought at the market for it, or aid.")],
    grams: Annotated[int | None, typer.Option("--grams", min=1, help="Only so much of it.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most to pay a kg, in base units; as offered if left out.")
    ] = None,
    credential: Annotated[
        Path | None, typer.Option("--credential", help="By aid: the file with a body's credential for you.")
    ] = None,
    round_id: Annotated[
        int | None, typer.Option("--round", min=1, help="By aid: which round; the one that closes first if left out.")
    ] = None,
    auditor: Annotated[str | None, typer.Option("--auditor", help="By aid: who may read your application too.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Settles what you owe for a year, or a part of it: credits are retired under its reference, for ever. By aid you
    apply for that: it is settled once a charity has granted.
    """
    if by is By.AID and (grams or limit):
        raise typer.BadParameter("the round's rule says how much; leave out --grams and --limit", param_hint="--by aid")
    with failing_plainly(as_json=as_json):
        asking = Asking(credential, round_id, auditor)
        key = person.key()
        with signed_in_client(person.url, key) as client:
            owed = _owed(person.request(client, "GET", "/deficits"), vintage)
            wanted_gco2e = min(int(owed["outstandingGco2e"]), grams or int(owed["outstandingGco2e"]))
            if by is By.AID:
                acts = [_apply(client, owed, asking, dry_run=dry_run, yes=yes)]
            elif by is By.CREDITS:
                acts = [
                    sign_and_retire(person, key, retire, None, dry_run=dry_run, yes=yes)
                    for retire in _retirements(owed, key, wanted_gco2e)
                ]
            else:
                fees = {row["classId"]: int(row["feeBps"]) for row in client.get("/market/classes")}
                orders = _orders(owed, key, wanted_gco2e, limit, fees)
                acts = [_buy(client, key, order, dry_run=dry_run, yes=yes) for order in orders]
        if not acts:
            raise NothingFits(owed["regions"], vintage, by, owed["classes"])
        person.show(acts, as_json=as_json, shape=_acts)


def _owed(deficits: list[dict[str, Any]], vintage: int) -> dict[str, Any]:
    """The open deficit of a vintage. Raises NothingOwed."""
    for one in deficits:
        if one["vintage"] == vintage and int(one["outstandingGco2e"]):
            return one
    raise NothingOwed(vintage)


@dataclass(frozen=True)
class Asking:
    """What a person brings to aid: the file of a credential, which round if it matters, who may read it too."""

    credential: Path | None
    round_id: int | None
    auditor: str | None


def _apply(client: ApiClient, owed: Mapping[str, Any], asking: Asking, *, dry_run: bool, yes: bool) -> dict[str, Any]:
    """Tells what will be asked for, asks, and applies; with `dry_run` it only tells. Raises NothingFits,
    CredentialMissing, EligibilityMalformed.
    """
    vintage: int = owed["vintage"]
    chances = [one for one in owed["aid"]["rounds"] if asking.round_id in {None, one["roundId"]}]
    if not chances:
        raise NothingFits(owed["regions"], vintage, By.AID, owed["classes"])
    says = application_words(chances[0], vintage, terminal_language(person.language, os.environ))
    if dry_run:
        return {"wouldApply": list(says), "roundId": chances[0]["roundId"], "mostGco2e": chances[0]["mostGco2e"]}
    if asking.credential is None:
        raise CredentialMissing
    body = application_body(asking.credential, vintage, asking.auditor)
    if not yes:
        typer.echo("\n".join(says), err=True)
        typer.confirm("Apply?", abort=True, err=True)
    application = person.request(client, "POST", application_path(chances[0]["roundId"]), body=body)
    return {**application, "roundId": application["round"]["roundId"], "stage": str(AidStage.APPLIED)}


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
