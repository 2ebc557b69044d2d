"""`tanyu give`: campaigns and gifts at a running Tanyu; giving, pledging and getting back with one's own key."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from backend.access.language import Language, terminal_language
from backend.access.signed_in import client_at
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.class_id import parse_code
from backend.giving.campaign_phase import CampaignPhase
from backend.giving.kinds import CampaignKind
from backend.giving.relay_words import relay_told
from backend.giving.signed_message import deadline_after, fresh_number, signed_body
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.mass import BPS
from backend.ledger.address import require_address
from backend.ledger.person_session import group

app, person = group(
    "give",
    "Campaigns, gifts and pledges. To give, say who you are: `tanyu give to 1 CN-SC/2025/SIM 2500 --keystore KEY"
    " --password-file FILE`, or `--dev 10` on the local chain.",
)

CampaignId = Annotated[int, typer.Argument(min=1, help="The campaign's number.")]
ClassCode = Annotated[str, typer.Argument(metavar="CLASS", help="The credits' class, such as CN-SC/2025/SIM.")]
Grams = Annotated[int, typer.Argument(min=1, help="Grams of CO2e.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Shows the signed message and sends nothing.")]
Number = Annotated[int, typer.Argument(min=0, help="The number that the pledge was signed under.")]
_UNNAMED: Mapping[Language, str] = {"en": "unnamed", "zh": "未署名"}
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day, such as 2026-12-31; in UTC.")]


def _shown(campaign: dict[str, Any]) -> dict[str, Any]:
    """A campaign in one row: its title, where it stands and its sums; what matters most first."""
    sums = _sums(campaign["total"])
    story, language = campaign["story"], terminal_language(person.language, os.environ)
    return {
        "campaignId": campaign["campaignId"],
        "title": story["titleZh" if language == "zh" else "titleEn"] if story else "",
        **{name: campaign[name] for name in ("phase", "closesAt", "progressBps")},
        "donatedGco2e": sums.pop("donatedGco2e"),
        **{name: campaign[name] for name in ("kind", "targetGco2e")},
        **sums,
    }


def _sums(total: dict[str, str]) -> dict[str, str]:
    """A campaign's grams under the names that a person's own do not have."""
    names = {
        "donated": "donated",
        "held": "stillHeld",
        "retired": "retiredByIt",
        "granted": "granted",
        "refunded": "givenBack",
    }
    return {f"{name}Gco2e": total[f"{sum_of}Gco2e"] for sum_of, name in names.items()}


def _donor_told(row: dict[str, Any]) -> dict[str, Any]:
    """A gift or pledge in one row; the donor is an address here, while `donorGco2e` elsewhere is its gifts in grams."""
    return {"account" if name == "donor" else name: value for name, value in row.items()}


def _gift_told(gift: dict[str, Any]) -> dict[str, Any]:
    """A gift in one row, with its donor's name, or that it is unnamed."""
    return _donor_told(gift) | {"donorName": _donor_name(gift)}


def _donor_name(gift: dict[str, Any]) -> str:
    """The donor's name; of who wished for none not an empty cell, but that the gift is unnamed."""
    name = gift["donorName"]
    return _UNNAMED[terminal_language(person.language, os.environ)] if name is None else str(name)


def _trails_told(trails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every part of every gift in a row that says whose gift of which class it is of, and the whole gift's grams."""
    return [
        {
            "campaignId": trail["campaignId"],
            "account": trail["gift"]["donor"],
            "donorName": _donor_name(trail["gift"]),
            "classCode": trail["gift"]["classCode"],
            "donatedGco2e": trail["gift"]["amountGco2e"],
            **{name: part[name] for name in ("fate", "amountGco2e", "receiptId", "at")},
        }
        for trail in trails
        for part in trail["parts"]
    ]


def _whole(campaign: dict[str, Any]) -> dict[str, Any]:
    """A campaign with its story, as people read it."""
    by_class = [{"classCode": code} | _sums(held) for code, held in campaign["byClass"].items()]
    return campaign | {"total": _sums(campaign["total"]), "byClass": by_class}


@app.command("campaigns")
def list_campaigns(
    words: Annotated[str, typer.Argument(help="Words of the story, in either language.")] = "",
    kind: Annotated[CampaignKind | None, typer.Option(help="retire-pool or aid.")] = None,
    phase: Annotated[CampaignPhase | None, typer.Option(help="Where it stands, such as collecting.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Lists campaigns with what each raised and what became of it; all, or those that fit."""
    params: dict[str, str | int] = {name: str(value) for name, value in (("kind", kind), ("phase", phase)) if value}
    with failing_plainly(as_json=as_json):
        with client_at(person.url) as client:
            found = client.get("/campaigns", **params, **({"q": words} if words else {}))
        person.show(found, as_json=as_json, shape=lambda rows: [_shown(row) for row in rows])


@app.command("campaign")
def show_campaign(campaign_id: CampaignId, *, as_json: AsJson = False) -> None:
    """Shows one campaign with its story."""
    person.look(f"/campaigns/{campaign_id}", as_json=as_json, shape=_whole)


@app.command("gifts")
def list_gifts(campaign_id: CampaignId, limit: Limit = 20, *, as_json: AsJson = False) -> None:
    """Lists a campaign's gifts, newest first; who wished for no name is unnamed."""
    person.look(
        f"/campaigns/{campaign_id}/gifts?limit={limit}",
        as_json=as_json,
        shape=lambda rows: [_gift_told(row) for row in rows],
    )


@app.command("trails")
def list_trails(campaign_id: CampaignId, limit: Limit = 20, *, as_json: AsJson = False) -> None:
    """Shows what became of each gift to a campaign, gram by gram, with its transactions."""
    person.look(f"/campaigns/{campaign_id}/trails?limit={limit}", as_json=as_json, shape=_trails_told)


@app.command("charities")
def list_charities(*, as_json: AsJson = False) -> None:
    """Lists the charities that the registrar ever listed, with their names and the whole history."""
    person.look("/charities", as_json=as_json)


@app.command("receipt")
def show_receipt(
    receipt_id: Annotated[str, typer.Argument(help="<transaction hash>-<log index>, as a list or the chain shows it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Shows a receipt: what was given, where on the chain, and in plain words what that means."""
    person.look(f"/receipts/{receipt_id}", as_json=as_json)


@app.command("mine")
def my_trails(*, as_json: AsJson = False) -> None:
    """Shows your own gifts and what became of every gram of them."""
    person.ask("GET", "/donations/trails", as_json=as_json, shape=_trails_told)


def _sign_and_send(
    path: str,
    type_name: str,
    message: dict[str, object],
    *,
    as_json: bool,
    dry_run: bool,
    contract: str = "Charity",
    is_relayed: bool = True,
) -> None:
    """Signs with the person's key and posts; with --dry-run shows what would be posted. What is relayed is told with a
    word on how to follow it.
    """
    with failing_plainly(as_json=as_json):
        with client_at(person.url) as client:
            body = signed_body(client, person.key(), type_name, message, contract=contract)
            found = {"wouldPostTo": path, "body": body} if dry_run else client.post(path, body)
        person.show(found, as_json=as_json, shape=_relayed if is_relayed and not dry_run else None)


def _relayed(found: dict[str, Any]) -> dict[str, Any]:
    return relay_told(found, terminal_language(person.language, os.environ))


@app.command("allow")
def allow(
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Takes it back.")] = False,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Lets the Charity contract take what you give, once for all gifts; no gas. It takes nothing you do not sign."""
    with failing_plainly(as_json=as_json), client_at(person.url) as client:
        charity = client.get("/signing")["contracts"]["Charity"]
        account = person.key().signer.address
    message: dict[str, object] = {
        "account": account,
        "operator": charity,
        "approved": not withdraw,
        "number": fresh_number(),
        "deadline": deadline_after(SystemClock().now()),
    }
    _sign_and_send("/approvals", "Approve", message, as_json=as_json, dry_run=dry_run, contract="CarbonCredit")


@app.command("to")
def give_to(
    campaign_id: CampaignId,
    class_code: ClassCode,
    grams: Grams,
    receipt: Annotated[bool, typer.Option("--receipt", help="Asks for a receipt token that cannot be moved.")] = False,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Gives credits of yours to a campaign by one signed message; no gas. Once: `tanyu give allow`."""
    with failing_plainly(as_json=as_json):
        message: dict[str, object] = {
            "donor": person.key().signer.address,
            "campaignId": campaign_id,
            "classId": parse_code(class_code),
            "amountGco2e": grams,
            "receipt": receipt,
            "number": fresh_number(),
            "deadline": deadline_after(SystemClock().now()),
        }
    _sign_and_send("/donations", "Donate", message, as_json=as_json, dry_run=dry_run)


@app.command("name")
def name_gifts(
    campaign_id: CampaignId,
    name: Annotated[str | None, typer.Argument(help="What to be called; nothing: unnamed again.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Shows a name of your choice beside your gifts to a campaign, or none again. Your address is public either way."""
    path = f"/campaigns/{campaign_id}/my-name"
    if name is None:
        person.ask("DELETE", path, as_json=as_json)
    else:
        person.ask("PUT", path, as_json=as_json, body={"name": name})


@app.command("pledge")
def pledge(
    campaign_id: CampaignId,
    class_code: ClassCode,
    *,
    most: Annotated[int, typer.Option("--most", min=1, help="Grams, over all draws together.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Not from this day on, UTC.")],
    share_bps: Annotated[
        int, typer.Option("--share-bps", min=1, max=BPS, help="Of what you sell: 1000 is a tenth. 10000: all left.")
    ] = BPS,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="From this day; now.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Promises a campaign a share of what you sell of a class, or all that is left; withdraw it at any time."""
    with failing_plainly(as_json=as_json):
        message: dict[str, object] = {
            "donor": person.key().signer.address,
            "campaignId": campaign_id,
            "classId": parse_code(class_code),
            "shareBps": share_bps,
            "maxAmountGco2e": most,
            "start": unix_s(SystemClock().now()) if start is None else _day_s(start),
            "expiry": _day_s(until),
            "number": fresh_number(),
        }
    _sign_and_send("/pledges", "Pledge", message, as_json=as_json, dry_run=dry_run, is_relayed=False)


def _day_s(day: datetime) -> int:
    return unix_s(day.replace(tzinfo=UTC))


@app.command("pledges")
def my_pledges(*, as_json: AsJson = False) -> None:
    """Lists your pledges: how much of each was drawn, and whether it stands."""
    person.ask("GET", "/pledges", as_json=as_json, shape=lambda rows: [_donor_told(row) for row in rows])


@app.command("withdraw")
def withdraw(number: Number, *, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Ends a pledge of yours for ever; what was drawn before stays given."""
    with failing_plainly(as_json=as_json):
        message: dict[str, object] = {
            "account": person.key().signer.address,
            "number": number,
            "deadline": deadline_after(SystemClock().now()),
        }
    _sign_and_send("/pledges/withdrawals", "UseNumber", message, as_json=as_json, dry_run=dry_run)


@app.command("refund")
def refund(campaign_id: CampaignId, *, as_json: AsJson = False) -> None:
    """Gets back what you gave to a campaign that failed; at any time."""
    with failing_plainly(as_json=as_json):
        with client_at(person.url) as client:
            body = {"donor": person.key().signer.address}
            found = client.post(f"/campaigns/{campaign_id}/refunds", body)
        person.show(found, as_json=as_json)


@app.command("refund-to")
def refund_to(
    wallet: Annotated[str, typer.Argument(help="Another address of yours; the zero address: this account again.")],
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Has all your refunds paid to another wallet of yours; do it before you change keys."""
    with failing_plainly(as_json=as_json):
        require_address(wallet)
        message: dict[str, object] = {
            "donor": person.key().signer.address,
            "to": wallet,
            "number": fresh_number(),
            "deadline": deadline_after(SystemClock().now()),
        }
    _sign_and_send("/refund-wallets", "RefundTo", message, as_json=as_json, dry_run=dry_run)
