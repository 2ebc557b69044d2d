"""`tanyu campaign name`: a registrar says what a charity is called."""

from typing import Annotated

import typer

from backend.access.signed_in import DevIndex, Keystore, PasswordFile, Url, client_at, key_of, require_fit_key
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.keys import personal_sign
from backend.giving.second_commands import app
from backend.kernel.digest import to_hex
from backend.ledger.address import require_address

__all__ = ["app"]


@app.command("name")
def name_charity(
    charity: Annotated[str, typer.Argument(help="The charity's address.")],
    name: Annotated[str, typer.Argument(help="What it is called, in every language that it has a name in.")],
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """As a registrar: says what a charity is called. All can read it: `tanyu give charities`."""
    with failing_plainly(as_json=as_json):
        key = key_of(keystore, password_file, dev)
        require_address(charity)
        with client_at(url) as client:
            require_fit_key(client, key)
            word = {
                "charity": charity,
                "name": name,
                "registrar": key.signer.address,
                "saidAt": str(client.post("/sessions/nonce")["issuedAt"]),
            }
            text = client.get("/charities/names/text", **word)["text"]
            found = client.post("/charities/names", {**word, "signature": to_hex(personal_sign(key.signer, text))})
    emit(found, as_json=as_json, render=told)
