"""`tanyu me new-key`: a key of one's own, made on one's own machine."""

from pathlib import Path
from typing import Annotated

import typer

from backend.access.new_file import new_file
from backend.access.signed_in import password_in
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.keys import new_keystore
from backend.ledger.person_commands import app, person

__all__ = ["app"]


@app.command("new-key", offline=True)
def new_key(
    file: Annotated[Path, typer.Argument(help="A new file; readable by you only.")],
    password_file: Annotated[Path, typer.Option("--password-file", help="Holds the password to lock it with.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Makes a key and keeps it in a keystore file, locked with a password: both together are your account. Back both
    up: whoever loses one of them loses the credits. Nothing is sent anywhere.
    """
    with failing_plainly(as_json=as_json):
        address, keystore = new_keystore(password_in(password_file))
        with new_file(file) as out:
            out.write(keystore.encode())
    person.show({"address": address, "file": str(file)}, as_json=as_json)
