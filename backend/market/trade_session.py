"""Who trades from a terminal: the key that signs, the API key if there is one, and which server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer
from rich.console import RenderableType

from backend.access.patience import Patience
from backend.access.sender_proof import ApiKey
from backend.access.signed_in import (
    DevIndex,
    Key,
    KeyMissing,
    Keystore,
    Lang,
    PasswordFile,
    Url,
    client_at,
    require_fit_key,
)
from backend.ledger.person_session import PersonSession
from backend.market.account_reader import WAIT_S_MAX
from backend.market.fund_access import FundAccess
from backend.market.telling import tell, words_for
from backend.market.trader import Trader
from backend.market.words import Words

Value = TypeVar("Value")

ApiKeyFile: TypeAlias = Annotated[
    Path | None, typer.Option("--api-key", help="Reads and cancels by this API key: a file of `trade api-key make`.")
]


class TradeSession(PersonSession):
    """The options of `tanyu trade`, wherever they stand."""

    def take(  # type: ignore[override] # noqa: PLR0917 - other options than a person's, each by its name
        self,
        keystore: Keystore = None,
        password_file: PasswordFile = None,
        dev: DevIndex = None,
        api_key: ApiKeyFile = None,
        url: Url = None,
        lang: Lang = None,
    ) -> None:
        """Keeps the options that are given; those after a command's name count before those in front of it."""
        found = {
            "keystore": keystore,
            "password_file": password_file,
            "dev": dev,
            "api_key": api_key,
            "url": url,
            "lang": lang,
        }
        self.given |= {name: value for name, value in found.items() if value is not None}

    @property
    def words(self) -> Words:
        """What is said, in the language asked for or the terminal's."""
        return words_for(self.language)

    def tell(self, value: Value, render: Callable[[Value, Words], RenderableType], *, as_json: bool) -> None:
        """Prints a result: JSON with --json, else what `render` makes of it in that language."""
        tell(value, render, language=self.language, as_json=as_json)

    def tell_dry_run(self, says: str, *, as_json: bool) -> None:
        """Prints what would be done, in words."""
        self.tell({"dryRun": True, "says": says}, lambda found, _words: str(found["says"]), as_json=as_json)

    @property
    def _has_key(self) -> bool:
        return bool(self.given.keys() & {"keystore", "password_file", "dev"})

    @contextmanager
    def trader(self, *, signs: bool = False) -> Iterator[Trader]:
        """A trader at the server until the end. `signs`: whether the command needs the key itself, not only an API key.

        Raises KeyMissing, what `key_of` raises, ApiKeyFileUnreadable, DevKeyRefused.
        """
        if not self._has_key and (signs or "api_key" not in self.given):
            raise KeyMissing
        key = self.key() if self._has_key else None
        with client_at(self.url) as client:
            if key is not None:
                require_fit_key(client, key)
            if "api_key" in self.given:
                client.prove_by(ApiKey.load(self.given["api_key"]))
            signer = None if key is None else key.signer
            with Trader(client, signer, Patience(WAIT_S_MAX), numbers_at_hand=1) as trader:
                yield trader

    @contextmanager
    def funds(self) -> Iterator[FundAccess]:
        """The account's money and credits, by its own key. Raises KeyMissing, what `key_of` raises, DevKeyRefused."""
        key: Key = self.key()
        with client_at(self.url) as client:
            require_fit_key(client, key)
            with FundAccess(client, key.signer, Patience(WAIT_S_MAX)) as funds:
                yield funds
