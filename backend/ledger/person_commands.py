"""`tanyu me`: a person's account, year, homes and vehicles at a running Tanyu, signed in with its key."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.signed_in import client_at, key_of, require_fit_key, signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.keys import personal_sign
from backend.kernel.digest import to_hex
from backend.ledger.person_session import group

app, person = group(
    "me",
    "Your account, year, homes and vehicles. Say who you are first: `tanyu me --keystore KEY --password-file FILE show`"
    " or `--dev 10` on the local chain.",
)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day, such as 2025-07-01.")]
Region = Annotated[str, typer.Argument(help="ISO 3166 region, such as CN-SC.")]
Identity = Annotated[
    str,
    typer.Option(
        "--identity",
        help="The identity issuer's proof; sent, and not kept. On the local chain any text will do.",
    ),
]
Vintage = Annotated[int, typer.Argument(min=2000, max=2999, help="A calendar year.")]
Code = Annotated[str, typer.Argument(help="The code of the home or vehicle.")]
Account = Annotated[str, typer.Argument(help="The account's present address.")]


@app.command()
def notices(*, as_json: AsJson = False) -> None:
    """What to know before joining: a lost key's credits are lost; what a guardian may do. Needs no key."""
    person.look("/accounts/notices", as_json=as_json, shape=lambda found: {"notices": found})


@app.command()
def join(
    region: Region,
    identity: Identity,
    born_on: Annotated[str | None, typer.Option("--born-on", help="Needed for a child: a day.")] = None,
    child: Annotated[str | None, typer.Option("--ward-address", help="Opens a child's account at its address.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Opens your account, or a child's. Read `tanyu me notices` first."""
    given = {"region": region, "identity": identity, "bornOn": born_on, "ward": child}
    with failing_plainly(as_json=as_json):
        with signed_in_client(person.url, person.key()) as client:
            body = {name: value for name, value in given.items() if value}
            found = person.request(client, "POST", "/accounts", body=body)
            in_both = client.get("/accounts/notices")
        person.show(found, as_json=as_json, shape=lambda opened: opened | {"notices": in_both})


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Shows your account with its homes and wards."""
    person.ask("GET", "/accounts/me", as_json=as_json)


@app.command()
def life(*, as_json: AsJson = False) -> None:
    """Shows your addresses and regions over time."""
    person.ask("GET", "/accounts/me/life", as_json=as_json)


@app.command()
def rotate(
    new_keystore: Annotated[Path | None, typer.Option("--new-keystore", help="The new key's keystore file.")] = None,
    new_password_file: Annotated[Path | None, typer.Option("--new-password-file", help="Holds its password.")] = None,
    new_dev: Annotated[int | None, typer.Option("--new-dev", min=0, help="Or a development account.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Moves your account to a new key; both sign. Credits stay at the old address until the old key moves them."""
    with failing_plainly(as_json=as_json):
        old, new = person.key(), key_of(new_keystore, new_password_file, new_dev)
        with client_at(person.url) as client:
            require_fit_key(client, old, new)
            now = client.post("/sessions/nonce")["issuedAt"]
            fields = {"account": old.signer.address, "newAddress": new.signer.address, "signedAt": now}
            text = client.request("GET", "/accounts/rotations/text", params=fields)["text"]
            signed = {
                "signature": to_hex(personal_sign(old.signer, text)),
                "newSignature": to_hex(personal_sign(new.signer, text)),
            }
            found = client.post("/accounts/rotations", fields | signed)
        person.show(found, as_json=as_json)


@app.command()
def move(region: Region, since_on: Day, *, as_json: AsJson = False) -> None:
    """You belong to another region from a day on. The year's statement is of the region of 31 December."""
    body = {"region": region, "sinceOn": since_on.date().isoformat()}
    person.ask("POST", "/accounts/me/moves", as_json=as_json, body=body)


@app.command()
def leave(on: Day, *, as_json: AsJson = False) -> None:
    """Ends your membership, your homes and vehicles with its last day."""
    person.ask("POST", "/accounts/me/leaving", as_json=as_json, body={"on": on.date().isoformat()})


@app.command("report-death")
def report_death(account: Account, on: Day, identity: Identity, *, as_json: AsJson = False) -> None:
    """Ends the membership of somebody who died, with the issuer's proof of that person."""
    body = {"identity": identity, "on": on.date().isoformat()}
    person.ask("POST", f"/accounts/{account}/death", as_json=as_json, body=body)


@app.command("hand-over")
def hand_over(
    account: Account,
    identity: Annotated[str | None, typer.Option("--identity", help="The issuer's proof: asks for it.")] = None,
    complete: Annotated[bool, typer.Option("--complete", help="Takes over, after the waiting time.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Takes the request back.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """You grew up: asks for your account with your own new key, and completes it after 14 days."""
    path = f"/accounts/{account}/hand-over"
    if complete:
        person.ask("POST", f"{path}/completion", as_json=as_json)
    elif withdraw:
        person.ask("DELETE", path, as_json=as_json)
    else:
        person.ask("POST", path, as_json=as_json, body={"identity": identity or ""})


def _each_once(report: dict[str, Any]) -> dict[str, Any]:
    """A report with each category once a month, and each month and quarter in total where that says more."""
    lines = [line for month in report["months"] for line in month["categories"]]
    totals = {
        periods: [{name: value for name, value in one.items() if name != "categories"} for one in report[periods]]
        for periods in ("quarters", "months")
    }
    rest = {name: value for name, value in report.items() if name not in totals}
    if len(lines) > len(totals["months"]):
        return rest | totals | {"categories": lines}
    return rest | totals | {"months": lines}


def _without_digests(found: dict[str, Any]) -> dict[str, Any]:
    """Statements without what is there to prove them: three digests are wider than all figures. What settled them has a
    table of its own, if anything did.
    """
    hidden = set() if any(row["settledBy"] for row in found["statements"]) else {"settledBy"}
    rows = [
        {name: one for name, one in row.items() if name not in hidden and not name.endswith("igest")}
        for row in found["statements"]
    ]
    return found | {"statements": rows}


@app.command()
def position(*, as_json: AsJson = False) -> None:
    """Your net position, whole: budget - footprint + corrections - minted + retired for you."""
    person.ask("GET", "/position", as_json=as_json)


@app.command()
def statements(*, as_json: AsJson = False) -> None:
    """Your statements, and what you still owe."""
    person.ask("GET", "/statements", as_json=as_json, shape=_without_digests)


@app.command()
def report(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """A year so far: months, quarters, what is missing, the forecast, and until when to submit."""
    person.ask("GET", f"/statements/{vintage}/report", as_json=as_json, shape=_each_once)


@app.command()
def close(
    vintage: Vintage,
    claim_keystore: Annotated[
        Path | None, typer.Option("--claim-keystore", help="A fresh key that this year's credits mint to.")
    ] = None,
    claim_password_file: Annotated[
        Path | None, typer.Option("--claim-password-file", help="Holds its password.")
    ] = None,
    claim_dev: Annotated[int | None, typer.Option("--claim-dev", min=0, help="Or a development account.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Closes a year that is over, or closes it anew; what is missing counts as the high default."""
    path = f"/statements/{vintage}"
    if claim_keystore is None and claim_dev is None:
        person.ask("POST", f"{path}/close", as_json=as_json)
        return
    with failing_plainly(as_json=as_json):
        own, fresh = person.key(), key_of(claim_keystore, claim_password_file, claim_dev)
        with signed_in_client(person.url, own) as client:
            require_fit_key(client, fresh)
            address = fresh.signer.address
            text = person.request(client, "GET", f"{path}/claim-address", params={"address": address})["text"]
            body = {"claimAddress": address, "signature": to_hex(personal_sign(fresh.signer, text))}
            found = person.request(client, "POST", f"{path}/close", body=body)
        person.show(found, as_json=as_json)


@app.command()
def reopen(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Undoes a closing that was not submitted."""
    person.ask("POST", f"/statements/{vintage}/reopen", as_json=as_json)


@app.command()
def submit(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Hands a closed year to the verifiers; from here on it stands still."""
    person.ask("POST", f"/statements/{vintage}/submit", as_json=as_json)


@app.command()
def versions(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Every version of a year's statement."""
    person.ask("GET", f"/statements/{vintage}/versions", as_json=as_json)


@app.command()
def why(
    vintage: Vintage,
    version: Annotated[list[int] | None, typer.Option("--version", help="Twice: from this version, to that.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="From what was known then: 2026-01-31T12:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="To what was known then; now if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Why a year's total changed: which lines, which factor revision, which activity, by how much. Without options:
    from the version before the last, or since you joined.
    """
    params: dict[str, str | int] = dict(zip(("fromVersion", "toVersion"), version or (), strict=False))
    params |= {name: value for name, value in (("from", start), ("to", end)) if value is not None}
    person.ask("GET", f"/statements/{vintage}/changes", as_json=as_json, params=params)


@app.command("take-back")
def take_back(activity: Annotated[int, typer.Argument(min=1, help="Its id.")], *, as_json: AsJson = False) -> None:
    """Takes back an activity that you entered, before its year is submitted."""
    person.ask("DELETE", f"/activities/{activity}", as_json=as_json)


home = app.group("home", "Homes: register, move in and out.")
vehicle = app.group("vehicle", "Vehicles: register, use, read the odometer.")
split = app.group("split", "Another split than equal shares, signed by all.")


@home.command("register")
def register_home(
    region: Region,
    since_on: Day,
    grid_area: Annotated[
        str | None,
        typer.Option(
            "--grid-area", help="Where its power comes from; needed where there is a choice, as in US-CA: US-CAMX."
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Registers a home and moves you in; prints the code to share with housemates."""
    body = {"region": region, "sinceOn": since_on.date().isoformat()} | ({"gridArea": grid_area} if grid_area else {})
    person.ask("POST", "/homes", as_json=as_json, body=body)


@home.command("move-in")
def move_in(code: Code, since_on: Day, *, as_json: AsJson = False) -> None:
    """Moves you into a home whose code you were given."""
    person.ask("POST", f"/homes/{code}/members", as_json=as_json, body={"sinceOn": since_on.date().isoformat()})


@home.command("move-out")
def move_out(code: Code, until_on: Day, *, as_json: AsJson = False) -> None:
    """Your last day in a home."""
    params = {"untilOn": until_on.date().isoformat()}
    person.ask("DELETE", f"/homes/{code}/members/me", as_json=as_json, params=params)


@vehicle.command("register")
def register_vehicle(
    kind: Annotated[str, typer.Argument(help="What its kilometres are, such as car_petrol.")],
    region: Region,
    since_on: Day,
    plate: Annotated[str, typer.Option("--plate", help="Its plate; kept as a peppered hash only.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Registers a vehicle with you as its first user; prints the code to share with others."""
    body = {"kind": kind, "place": region, "plate": plate, "sinceOn": since_on.date().isoformat()}
    person.ask("POST", "/vehicles", as_json=as_json, body=body)


@vehicle.command("list")
def list_vehicles(*, as_json: AsJson = False) -> None:
    """The vehicles you use or used."""
    person.ask("GET", "/vehicles", as_json=as_json)


@vehicle.command("join")
def join_vehicle(code: Code, since_on: Day, *, as_json: AsJson = False) -> None:
    """Joins the users of a vehicle whose code you were given."""
    person.ask("POST", f"/vehicles/{code}/users", as_json=as_json, body={"sinceOn": since_on.date().isoformat()})


@vehicle.command("leave")
def leave_vehicle(code: Code, until_on: Day, *, as_json: AsJson = False) -> None:
    """Your last day with a vehicle; read its odometer on the day after first."""
    params = {"untilOn": until_on.date().isoformat()}
    person.ask("DELETE", f"/vehicles/{code}/users/me", as_json=as_json, params=params)


@vehicle.command("read")
def read_odometer(  # noqa: PLR0917 - typer's parameters, each an option by its name
    code: Code,
    read_on: Day,
    km: Annotated[int, typer.Argument(min=0, help="The odometer as the day began.")],
    evidence: Annotated[str, typer.Option("--evidence", help="The document behind it.")] = "",
    charged_home: Annotated[str | None, typer.Option("--charged-home", help="Code of the home it charged at.")] = None,
    charged_kwh: Annotated[str, typer.Option("--charged-kwh", help="What it drew there since the last reading.")] = "0",
    *,
    as_json: AsJson = False,
) -> None:
    """Keeps an odometer reading: a later day and no fewer kilometres than the last."""
    body: dict[str, Any] = {"readOn": read_on.date().isoformat(), "km": km, "evidence": evidence}
    body |= {"chargedKwh": charged_kwh} | ({"chargedHome": charged_home} if charged_home else {})
    person.ask("POST", f"/vehicles/{code}/readings", as_json=as_json, body=body)


@vehicle.command("readings")
def list_readings(code: Code, *, as_json: AsJson = False) -> None:
    """A vehicle's odometer readings."""
    person.ask("GET", f"/vehicles/{code}/readings", as_json=as_json)


@vehicle.command("take-back")
def undo_reading(code: Code, *, as_json: AsJson = False) -> None:
    """Takes the latest reading back, if you entered it."""
    person.ask("DELETE", f"/vehicles/{code}/readings/latest", as_json=as_json)


IsVehicle = Annotated[bool, typer.Option("--vehicle", help="The code is a vehicle's, not a home's.")]


def _splits(code: str, *, is_vehicle: bool) -> str:
    return f"/{'vehicles' if is_vehicle else 'homes'}/{code}/splits"


@split.command("list")
def list_splits(code: Code, is_vehicle: IsVehicle = False, *, as_json: AsJson = False) -> None:
    """The splits of a home or vehicle, and who signed each."""
    person.ask("GET", _splits(code, is_vehicle=is_vehicle), as_json=as_json)


@split.command("propose")
def propose_split(
    code: Code,
    since_on: Day,
    parts: Annotated[list[str], typer.Argument(help="ADDRESS=BPS for everybody who shares it, 10000 together.")],
    is_vehicle: IsVehicle = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Proposes another split; nothing changes until all have signed."""
    pairs = [part.partition("=") for part in parts]
    body = {
        "sinceOn": since_on.date().isoformat(),
        "parts": [{"account": account, "partBps": int(bps) if bps.isdecimal() else bps} for account, _, bps in pairs],
    }
    person.ask("POST", _splits(code, is_vehicle=is_vehicle), as_json=as_json, body=body)


@split.command("sign")
def sign_split(
    code: Code,
    split_id: Annotated[int, typer.Argument(min=1, help="The proposal's id.")],
    is_vehicle: IsVehicle = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Signs a proposal for you and your wards; prints its text first without --json."""
    path = _splits(code, is_vehicle=is_vehicle)
    with failing_plainly(as_json=as_json):
        key = person.key()
        with signed_in_client(person.url, key) as client:
            proposed = client.get(path)["splits"]
            text = next((one["text"] for one in proposed if one["id"] == split_id), "")
            if text and not as_json:
                typer.echo(text + "\n")
            body = {"signature": to_hex(personal_sign(key.signer, text))}
            found = client.post(f"{path}/{split_id}/signatures", body)
        person.show(found, as_json=as_json)
