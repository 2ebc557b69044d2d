"""`tanyu me access-log`, `export` and `erase`: a person's own data at a running Tanyu."""

from pathlib import Path
from typing import Annotated

import typer

from backend.access.new_file import new_file
from backend.access.signed_in import signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.keys import personal_sign
from backend.kernel.clock import SystemClock, iso
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput
from backend.ledger.key_commands import app
from backend.ledger.person_commands import person

__all__ = ["app"]


class ErasureUnconfirmed(InvalidInput):
    """The erasure was not confirmed with its words."""

    code = "erasure.unconfirmed"

    def __init__(self, account: str) -> None:
        super().__init__(f"nothing was erased; to do it, type the account's address: --confirm {account}")


def save(path: str, file: Path, *, as_json: bool) -> None:
    """Saves what the server answers as a new file that the person alone can read, and says what was saved. A file that
    is there is never written over: FileUnusable.
    """
    with failing_plainly(as_json=as_json):
        params: dict[str, str | int] = {"ward": person.ward} if person.ward else {}
        with signed_in_client(person.url, person.key()) as client, new_file(file) as out:
            digest = client.save(path, out, params=params)
        found = {"file": str(file), "bytes": str(file.stat().st_size), "sha256": to_hex(digest)}
        person.show(found, as_json=as_json)


@app.command("access-log")
def access_log(
    after: Annotated[int, typer.Option(min=0, help="The id of the last reading already seen.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Shows who read what is yours, in which role, when and why."""
    person.ask("GET", "/accounts/me/access-log", as_json=as_json, params={"after": after, "limit": 100})


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A new file; readable by you only.")], *, as_json: AsJson = False
) -> None:
    """Saves everything about you as one JSON file: what you entered, statements with their salts, orders, gifts."""
    save("/accounts/me/export", file, as_json=as_json)


@app.command("erase")
def erase(
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="The address of the account: erases it. Without it you are told.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Erases your account for good: its key is destroyed. Without --confirm it says what goes and what remains."""
    with failing_plainly(as_json=as_json):
        key = person.key()
        with signed_in_client(person.url, key) as client:
            account = person.ward or key.signer.address
            signed_at = iso(SystemClock().now())
            told = person.request(client, "GET", "/accounts/me/erasure", params={"signedAt": signed_at})
            if confirm is None:
                person.show(told, as_json=as_json)
                return
            if confirm != account:
                raise ErasureUnconfirmed(account)
            body = {"signedAt": signed_at, "signature": to_hex(personal_sign(key.signer, told["text"]))}
            found = person.request(client, "DELETE", "/accounts/me", body=body)
        person.show(found, as_json=as_json)
