"""`tanyu give`: campaigns, gifts and receipts of a running Tanyu, read over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.storage.settings import Settings

give = typer.Typer(name="give", help="Campaigns: what they are for, what they got, who gave.", no_args_is_help=True)
Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]
CampaignId = Annotated[int, typer.Argument(min=1, help="The campaign's number.")]
ReceiptId = Annotated[str, typer.Argument(help="<transaction hash>-<log index>, as a list or the chain shows it.")]


def _get(url: str | None, path: str, **params: int) -> Any:
    with ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}") as client:
        return client.get(path, **params)


def _title(campaign: Mapping[str, Any]) -> str:
    return str(campaign["story"]["titleEn"]) if campaign["story"] else "(no story published here)"


def _campaigns_table(campaigns: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("id", "title", "kind", "state", "target g", "donated g", "held g", "retired g", "granted g")
    for campaign in campaigns:
        total = campaign["total"]
        sums = (total[name] for name in ("donatedGco2e", "heldGco2e", "retiredGco2e", "grantedGco2e"))
        table.add_row(
            campaign["campaignId"],
            _title(campaign),
            campaign["kind"],
            campaign["state"],
            campaign["targetGco2e"],
            *sums,
        )
    return table


def _fields_table(values: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in values.items():
        if value is not None:
            table.add_row(name, str(value))
    return table


def _gifts_table(gifts: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("time", "donor", "class", "g", "receipt")
    for gift in gifts:
        table.add_row(gift["at"], gift["donor"], gift["classCode"], gift["amountGco2e"], gift["receiptId"])
    return table


@give.command("campaigns")
def list_campaigns(url: Url = None, as_json: AsJson = False) -> None:
    """Lists every campaign with what it raised and what became of it, in grams of CO2e."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, "/campaigns"), as_json=as_json, render=_campaigns_table)


@give.command("campaign")
def show_campaign(campaign_id: CampaignId, url: Url = None, as_json: AsJson = False) -> None:
    """Shows one campaign with its story."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/campaigns/{campaign_id}"), as_json=as_json, render=_fields_table)


@give.command("gifts")
def list_gifts(
    campaign_id: CampaignId,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Lists a campaign's gifts, newest first."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/campaigns/{campaign_id}/gifts", limit=limit), as_json=as_json, render=_gifts_table)


@give.command("receipt")
def show_receipt(receipt_id: ReceiptId, url: Url = None, as_json: AsJson = False) -> None:
    """Shows a receipt: what was given or retired, where on the chain, and in plain words what that means."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/receipts/{receipt_id}"), as_json=as_json, render=_fields_table)
