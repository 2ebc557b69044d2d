"""What every command of a person does around its one request: reads its options, signs in, asks, prints."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import typer

from backend.access.client import ApiClient
from backend.access.language import Language
from backend.access.signed_in import (
    DevIndex,
    Key,
    Keystore,
    Lang,
    PasswordFile,
    Url,
    Ward,
    client_at,
    key_of,
    signed_in_client,
)
from backend.access.terminal import emit, failing_plainly
from backend.access.told import told

Function = TypeVar("Function", bound=Callable[..., Any])


class PersonSession:
    """The options of a command group, wherever they stand: whose key, which server, for which ward, which language."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def take(  # noqa: PLR0917 - typer's parameters, each an option by its name
        self,
        keystore: Keystore = None,
        password_file: PasswordFile = None,
        dev: DevIndex = None,
        ward: Ward = None,
        url: Url = None,
        lang: Lang = None,
    ) -> None:
        """Keeps the options that are given; those after a command's name count before those in front of it."""
        found = {
            "keystore": keystore,
            "password_file": password_file,
            "dev": dev,
            "ward": ward,
            "url": url,
            "lang": lang,
        }
        self.given |= {name: value for name, value in found.items() if value is not None}

    @property
    def url(self) -> str | None:
        """The server's address, if one was named."""
        return self.given.get("url")

    @property
    def ward(self) -> str | None:
        """The child who is acted for."""
        return self.given.get("ward")

    @property
    def language(self) -> Language | None:
        """What was asked for; the terminal's if None."""
        return self.given.get("lang")

    def key(self) -> Key:
        """The person's key; raises KeyMissing, KeystoreUnreadable."""
        return key_of(*(self.given.get(name) for name in ("keystore", "password_file", "dev")))

    def ask(
        self,
        method: str,
        path: str,
        *,
        as_json: bool,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
        shape: Callable[[Any], Any] | None = None,
    ) -> None:
        """One request as the person, or for its ward; prints what comes back, for people in the shape given."""
        with failing_plainly(as_json=as_json):
            with signed_in_client(self.url, self.key()) as client:
                found = self.request(client, method, path, body=body, params=params)
            self.show(found, as_json=as_json, shape=shape)

    def look(self, path: str, *, as_json: bool, shape: Callable[[Any], Any] | None = None) -> None:
        """Prints what anybody may read; no key is needed."""
        with failing_plainly(as_json=as_json):
            with client_at(self.url) as client:
                found = client.get(path)
            self.show(found, as_json=as_json, shape=shape)

    def show(self, found: Any, *, as_json: bool, shape: Callable[[Any], Any] | None = None) -> None:
        """Prints an answer: exactly with --json; else in the language asked for, in the shape given."""
        language = self.language
        emit(
            found,
            as_json=as_json,
            render=lambda answer: told(shape(answer) if shape else answer, language),
            language=language,
        )

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


class PersonCommands(typer.Typer):
    """Commands that take a person's options after their names as well as before."""

    def __init__(self, session: PersonSession, **settings: Any) -> None:
        super().__init__(no_args_is_help=True, **settings)
        self.session = session

    def command(
        self, name: str | None = None, *, offline: bool = False, **settings: Any
    ) -> Callable[[Function], Function]:
        """A command; an offline one has nobody to be and no server to ask."""
        register = super().command(name, **settings)

        def registered(function: Function) -> Function:
            register(function if offline else _taking_options(self.session, function))
            return function

        return registered

    def group(self, name: str, text: str) -> "PersonCommands":
        """A group within this one, of the same person."""
        found = PersonCommands(self.session, name=name, help=text)
        self.add_typer(found)
        return found


def _taking_options(session: PersonSession, function: Callable[..., Any]) -> Callable[..., Any]:
    options = inspect.signature(session.take).parameters

    @wraps(function)
    def command(**given: Any) -> Any:
        session.take(**{name: given.pop(name) for name in options})
        return function(**given)

    own = inspect.signature(function)
    more = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options.values()]
    return _read_as(command, own.replace(parameters=[*own.parameters.values(), *more]))


def _read_as(function: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    """The function with the parameters that typer makes a command line of."""
    function.__signature__ = signature  # type: ignore[attr-defined] # what inspect.signature() looks for first
    function.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    return function


def group(name: str, text: str) -> tuple[PersonCommands, PersonSession]:
    """A command group of a signed-in person."""
    session = PersonSession()
    return group_of(session, name, text), session


def group_of(session: PersonSession, name: str, text: str) -> PersonCommands:
    """A command group whose options the session takes."""
    app = PersonCommands(session, name=name, help=text)

    def begin(**given: Any) -> None:
        session.given = {}
        session.take(**given)

    app.callback()(_read_as(begin, inspect.signature(session.take)))
    return app
