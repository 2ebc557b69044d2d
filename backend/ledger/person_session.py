"""What every command of a person does around its one request: reads its options, signs in, asks, prints."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.signed_in import DevIndex, Key, Keystore, PasswordFile, Url, Ward, key_of, signed_in_client
from backend.access.terminal import emit, failing_plainly

LONGEST_IN_ONE_LINE = 60
"""Characters up to which the items of a list stand beside each other."""


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
    """Fields one under another; lists of the same fields as tables beneath, and those within them as tables too."""
    if isinstance(found, list):
        return Group(*_tables(found))
    head = Table(show_header=False)
    parts: list[RenderableType] = [head]
    for name, value in found.items():
        if isinstance(value, dict):
            parts += _tables([value], name)
        elif _is_table(value):
            parts += _tables(value, name)
        else:
            head.add_row(name, _cell(value))
    return head if len(parts) == 1 else Group(*parts)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        between = "\n" if any(len(str(one)) > LONGEST_IN_ONE_LINE for one in value) else ", "
        return between.join(map(str, value))
    return "" if value is None else str(value)


def _tables(rows: list[Any], title: str | None = None) -> Iterator[Table]:
    """The rows as a table, then what each holds in lists, under the name of its row."""
    names = list(rows[0]) if rows else []
    inner = [name for name in names if any(_is_table(row[name]) for row in rows)]
    own = [name for name in names if name not in inner and not isinstance(rows[0][name], dict)]
    table = Table(*own, title=title)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in own))
    yield table
    for name in inner:
        held = [{names[0]: row[names[0]]} | one for row in rows for one in row[name]]
        yield from _tables(held, f"{title}: {name}" if title else name)


def group(name: str, text: str) -> tuple[typer.Typer, PersonSession]:
    """A command group of a signed-in person."""
    session = PersonSession()
    app = typer.Typer(name=name, help=text, no_args_is_help=True)
    app.callback()(session.options_callback)
    return app, session
