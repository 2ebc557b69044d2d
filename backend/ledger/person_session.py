"""What every command of a person does around its one request: reads its options, signs in, asks, prints."""

from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.signed_in import DevIndex, Key, Keystore, PasswordFile, Url, Ward, key_of, signed_in_client
from backend.access.terminal import emit, failing_plainly


class PersonSession:
    """The options of a command group, kept by its callback: whose key, which server, for which ward."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.ward: str | None = None
        self.options: tuple[Any, Any, Any] = (None, None, None)

    def options_callback(
        self,
        keystore: Keystore = None,
        password_file: PasswordFile = None,
        dev: DevIndex = None,
        ward: Ward = None,
        url: Url = None,
    ) -> None:
        """Keeps the options that stand before the command's name."""
        self.url, self.ward, self.options = url, ward, (keystore, password_file, dev)

    def key(self) -> Key:
        """The person's key; raises KeyMissing, KeystoreUnreadable."""
        return key_of(*self.options)

    def ask(
        self,
        method: str,
        path: str,
        *,
        as_json: bool,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
    ) -> None:
        """One request as the person, or for its ward; prints what comes back."""
        with failing_plainly(as_json=as_json):
            with signed_in_client(self.url, self.key()) as client:
                found = self.request(client, method, path, body=body, params=params)
            emit(found, as_json=as_json, render=render)

    def request(
        self,
        client: ApiClient,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        """One request of a client that is signed in."""
        ward: dict[str, str | int] = {"ward": self.ward} if self.ward else {}
        answer = client.request(method, path, params={**ward, **(params or {})}, body=body)
        return {"done": "yes"} if answer is None else answer


def render(found: Any) -> RenderableType:
    """Fields one under another; lists of the same fields as tables beneath."""
    if isinstance(found, list):
        return _rows(found)
    head = Table(show_header=False)
    parts: list[RenderableType] = [head]
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts.append(_rows(value, name))
        elif isinstance(value, dict):
            parts.append(_rows([value], name))
        else:
            head.add_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return head if len(parts) == 1 else Group(*parts)


def _rows(rows: list[Any], title: str | None = None) -> Table:
    names = [name for name, value in rows[0].items() if not isinstance(value, list | dict)] if rows else []
    table = Table(*names, title=title)
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    return table


def group(name: str, text: str) -> tuple[typer.Typer, PersonSession]:
    """A command group of a signed-in person."""
    session = PersonSession()
    app = typer.Typer(name=name, help=text, no_args_is_help=True)
    app.callback()(session.options_callback)
    return app, session
