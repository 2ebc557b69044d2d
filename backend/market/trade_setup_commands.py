"""`tanyu trade`: what is done once before trading: test money, what the Exchange may take, keys for programs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from time import sleep
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from backend.access.api_key import Scope
from backend.access.new_file import new_file
from backend.access.signed_in import signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.clear_signing import Reader, sentence
from backend.kernel.mass import UINT256_MAX
from backend.market.figures import TOKEN, base_units_in, money_text
from backend.market.fund_access import ChainAct
from backend.market.telling import table_of
from backend.market.trade_commands import DryRun, OptionsContradict, Yes, session
from backend.market.trade_read_commands import app
from backend.market.words import Words

__all__ = ["app"]

CHAIN_WAIT_S = 60
"""How long a command waits for the chain before it says that the act is still under way."""


class Funds(StrEnum):
    """What the Exchange may be let take."""

    CREDITS = "credits"
    MONEY = "money"


def _waited(ask: Callable[[], ChainAct]) -> ChainAct:
    """Asks until the chain has decided, or for so long. As new as the first answer said."""
    first = found = ask()
    for _ in range(CHAIN_WAIT_S):
        if found.is_over:
            break
        sleep(1)
        found = ask()
    return replace(found, is_new=first.is_new)


def _show_act(says: str, act: ChainAct, *, as_json: bool) -> None:
    found = {"says": says, "state": act.state, "txHash": act.tx_hash, "reason": act.reason}
    session.show(found | ({"nextAt": act.next_at} if act.next_at else {}), as_json=as_json)


@app.command()
def faucet(*, as_json: AsJson = False) -> None:
    """Asks for payment tokens of the local chain for your account, once a day, and waits until they are there."""
    with failing_plainly(as_json=as_json):
        with session.funds() as funds:
            act = _waited(funds.faucet)
        words = session.words
        again = words.says("onceADay", asked=act.asked_at, next=act.next_at)
        _show_act(words.says("testMoney") if act.is_new else again, act, as_json=as_json)


@app.command()
def allow(
    funds_kind: Annotated[Funds, typer.Argument(metavar="credits|money", help="What the Exchange may take.")],
    *,
    most: Annotated[str | None, typer.Option("--most", help="Of money: at most so much; all if not given.")] = None,
    no_longer: Annotated[bool, typer.Option("--no-longer", help="Takes it back.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Lets the Exchange move your credits when you sell, or take money when you buy, within signed orders; free."""
    with failing_plainly(as_json=as_json):
        if most is not None and (no_longer or funds_kind is Funds.CREDITS):
            raise OptionsContradict("--most is of money that is allowed")
        words = session.words
        with session.funds() as funds:
            if funds_kind is Funds.CREDITS:
                said = sentence("Approve", funds.approval(allowed=not no_longer), Reader(words.language))
                says = said + words.says("fullStop")
                act = partial(funds.allow_credits, allowed=not no_longer)
            else:
                base_units = 0 if no_longer else UINT256_MAX if most is None else base_units_in(most)
                permit = funds.permit(base_units)
                any_amount = words.says("anyAmount", token=TOKEN.symbol)
                at_most = any_amount if base_units == UINT256_MAX else money_text(base_units)
                says = words.says("actOfMoney", spender=permit.spender, most=at_most)
                act = partial(funds.allow_money, permit)
            if dry_run:
                session.tell_dry_run(says, as_json=as_json)
                return
            if not yes:
                typer.confirm(f"{says} {words.says('signThis')}", abort=True, err=True)
            done = _waited(act)
        _show_act(says, done, as_json=as_json)


keys = app.group("api-key", "Keys for programs, each with what it may do. A key signs no order: that takes yours.")


def _keys_table(found: Sequence[dict[str, Any]], words: Words) -> RenderableType:
    if not found:
        return words.says("none")
    table = table_of(words, "key", "name", "scopes", "lastUsed")
    for one in found:
        state = words.value("revoked") if one["revokedAt"] else (one["lastUsedAt"] or words.says("never"))
        table.add_row(one["keyId"], one["name"], " ".join(map(words.value, one["scopes"])), state)
    return table


@keys.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    file: Annotated[Path, typer.Argument(help="A new file for it, readable by you only; its secret is shown nowhere.")],
    scopes: Annotated[
        list[Scope], typer.Option("--scope", help="read: what is yours; trade: order numbers; cancel. Again for more.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Makes an API key and keeps it in a new file: `trade --api-key FILE` and programs prove themselves by it."""
    with failing_plainly(as_json=as_json):
        with new_file(file) as out, signed_in_client(session.url, session.key()) as client:
            made = client.post("/api-keys", {"name": name, "scopes": list(dict.fromkeys(scopes))})
            out.write(json.dumps({"keyId": made["keyId"], "secret": made["secret"]}).encode())
        shown = {key: value for key, value in made.items() if key != "secret"} | {"file": str(file)}
        session.show(shown, as_json=as_json)


@keys.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """Lists your API keys, revoked ones too, oldest first."""
    with failing_plainly(as_json=as_json):
        with signed_in_client(session.url, session.key()) as client:
            found = client.get("/api-keys")
        session.tell(found, _keys_table, as_json=as_json)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="Its id: `list` shows it.")], *, as_json: AsJson = False
) -> None:
    """Ends an API key at once and for good, and what it watches."""
    with failing_plainly(as_json=as_json):
        with signed_in_client(session.url, session.key()) as client:
            found = client.delete(f"/api-keys/{key_id}")
        session.show(found, as_json=as_json)
