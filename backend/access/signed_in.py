"""Commands of a signed-in person: which server, which key, and whose ward."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from backend.access.client import ApiClient
from backend.access.language import Language
from backend.chain.keys import Signer, dev_signer, require_dev_chain, signer_from_keystore
from backend.kernel.errors import InvalidInput
from backend.storage.settings import Settings

Url: TypeAlias = Annotated[
    str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")
]
Keystore: TypeAlias = Annotated[
    Path | None, typer.Option("--keystore", help="Your key: an Ethereum keystore file, version 3.")
]
PasswordFile: TypeAlias = Annotated[Path | None, typer.Option("--password-file", help="Holds the keystore's password.")]
DevIndex: TypeAlias = Annotated[
    int | None, typer.Option("--dev", min=0, help="Or a development account of the local chain: see `tanyu accounts`.")
]
Ward: TypeAlias = Annotated[str | None, typer.Option("--ward", help="Address of a child of yours to act for.")]

Lang: TypeAlias = Annotated[
    Language | None, typer.Option("--lang", help="en or zh: what people read; as LANG says if not given.")
]


class KeyMissing(InvalidInput):
    """Nobody to sign in as, or two."""

    code = "key.missing"

    def __init__(self) -> None:
        super().__init__("give either --keystore with --password-file, or --dev with an account's index")


@dataclass(frozen=True)
class Key:
    """A key that a command was given; a development key is public and serves the local chain only."""

    signer: Signer
    is_development: bool


class PasswordMissing(InvalidInput):
    """No password in the file, or no file."""

    code = "key.password_missing"

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} holds no password: write it into that file, in one line", file=str(file))


def password_in(file: Path) -> str:
    """The password of a password file. Raises PasswordMissing."""
    try:
        password = file.read_text("utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as failure:
        raise PasswordMissing(file) from failure
    if not password:
        raise PasswordMissing(file)
    return password


def key_of(keystore: Path | None, password_file: Path | None, dev: int | None) -> Key:
    """The key that the options name. Raises KeyMissing, PasswordMissing, KeystoreUnreadable."""
    if dev is not None and keystore is None:
        return Key(dev_signer(dev), is_development=True)
    if dev is not None or keystore is None or password_file is None:
        raise KeyMissing
    return Key(signer_from_keystore(keystore, password_in(password_file)), is_development=False)


def client_at(url: str | None) -> ApiClient:
    """A client of the server named, or of the local one; nobody is signed in."""
    return ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}")


def require_fit_key(client: ApiClient, *keys: Key) -> None:
    """Raises DevKeyRefused if one is a development key and the server's chain is not the local one."""
    if any(key.is_development for key in keys):
        require_dev_chain(int(client.post("/sessions/nonce")["chainId"]))


@contextmanager
def signed_in_client(url: str | None, key: Key) -> Iterator[ApiClient]:
    """A client of the server, signed in until the end. Raises ServerUnreachable, ApiProblem, DevKeyRefused."""
    with client_at(url) as client:
        require_fit_key(client, key)
        client.sign_in(key.signer)
        try:
            yield client
        finally:
            client.sign_out()
