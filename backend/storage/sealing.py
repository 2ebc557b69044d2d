"""Columns that only a key opens: a row keeps what tells of a life in sealed compartments (AES-256-GCM).

A row class names its compartments; their contents are read and set like any other attribute. Before a row is written
the contents become bytes; a row that was not sealed cannot be written, for the column takes nothing but bytes. What is
authenticated with them is the table, the column and what the row says in clear, so that a sealed compartment opens in
its own row only, and a row whose clear part was changed behind our back does not open at all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Connection, LargeBinary, event, inspect
from sqlalchemy.orm import Mapper, object_session
from sqlmodel import Field, Session

from backend.kernel.clock import iso
from backend.kernel.digest import Json, canonical_json, to_hex
from backend.kernel.errors import RuleViolated, Unavailable
from backend.storage.keys import KeyStore, decrypt, encrypt

PADDED_TO = 64
"""Plaintexts are filled up to whole multiples of so many bytes, so that a length tells little."""

_KEYRING = "keyring"
_OPENED = "_opened"


class SealBroken(RuleViolated):
    """What is sealed does not open with its key: it, or what the row says in clear, was changed outside Tanyu."""

    code = "storage.seal_broken"

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"{table}.{column} of a row does not open: it was changed outside Tanyu", table=table, column=column
        )


class KeysUnset(Unavailable):
    """The database was opened without its key store."""

    code = "keys.unset"

    def __init__(self) -> None:
        super().__init__("the database was opened without its key store; set TANYU_KEYS_DIR")


@dataclass(frozen=True)
class KeyOwner:
    """Whose key it is: how to find its name in the database, and for which row. Found once in a session."""

    name_of: Callable[[Connection, Any], bytes]
    of: Any


KEYS_MOST = 10_000
"""So many keys a session holds; with one more it begins anew. A batch of a million statements opens a million."""


class Keyring:
    """The keys that one session has used. It ends with the session."""

    def __init__(self, store: KeyStore) -> None:
        self.store = store
        self._names: dict[KeyOwner, bytes] = {}
        self._keys: dict[bytes, bytes] = {}

    def _name(self, owner: KeyOwner, connection: Connection) -> bytes:
        if owner not in self._names:
            self._make_room()
            self._names[owner] = owner.name_of(connection, owner.of)
        return self._names[owner]

    def _make_room(self) -> None:
        if len(self._names) >= KEYS_MOST:
            self._names.clear()
            self._keys.clear()

    def know(self, owner: KeyOwner, name: bytes) -> None:
        """Takes the name of an owner's key from who has it at hand, so that it is not looked up."""
        self._make_room()
        self._names[owner] = name

    def to_seal(self, owner: KeyOwner, connection: Connection) -> bytes:
        """The owner's key, made if there is none. Raises KeyDestroyed, KeyUnreadable."""
        name = self._name(owner, connection)
        if name not in self._keys:
            self._keys[name] = self.store.key_or_new(name)
        return self._keys[name]

    def to_open(self, owner: KeyOwner, connection: Connection) -> bytes:
        """The owner's key. Raises KeyDestroyed, KeyMissing, KeyUnreadable."""
        name = self._name(owner, connection)
        if name not in self._keys:
            self._keys[name] = self.store.key(name)
        return self._keys[name]


def give_keyring(session: Session, store: KeyStore | None) -> None:
    """A session's own keyring; without a store it opens and seals nothing."""
    if store is not None:
        session.info[_KEYRING] = Keyring(store)


def keyring_of(session: Any) -> Keyring:
    """A session's keyring. Raises KeysUnset."""
    found = None if session is None else session.info.get(_KEYRING)
    if found is None:
        raise KeysUnset
    return found  # type: ignore[no-any-return] # session.info is untyped


def bound_to(table: str, column: str, clear: Mapping[str, Any]) -> bytes:
    """What is authenticated with a compartment: where it is, and the clear part of its row."""
    return canonical_json([table, column, {name: _plain(value) for name, value in clear.items()}])


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return to_hex(value)
    return None if value is None else str(value)


def seal(key: bytes, contents: Mapping[str, Json], bound: bytes) -> bytes:
    """The sealed bytes of some contents."""
    plain = canonical_json(contents)
    return encrypt(key, plain.ljust(-(-len(plain) // PADDED_TO) * PADDED_TO), bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> dict[str, Any]:
    """The contents of sealed bytes. Raises ValueError if anything is another."""
    opened: dict[str, Any] = json.loads(decrypt(key, sealed, bound))
    return opened


class Inside(property):
    """An attribute that lies in a compartment. A property, for pydantic lets nothing else be set on a model."""

    def __init__(self, default: Json = "", *, read: Callable[[str], Any] | None = None) -> None:
        """`default` is what a compartment with nothing in it says; `read` makes the value of the text that is kept."""
        super().__init__()
        self.default = default
        self.read = read
        self.name = ""
        self.compartment: Compartment | None = None

    def __get__(self, row: Any, owner: type | None = None, /) -> Any:
        """What is inside. Raises as `Sealed.contents`."""
        if row is None:
            return self
        assert self.compartment is not None
        found = row.contents(self.compartment).get(self.name, self.default)
        return self.read(found) if self.read is not None and found is not None else found

    def __set__(self, row: Any, value: Any, /) -> None:
        """Sets it; sealed when the row is written."""
        assert self.compartment is not None
        setattr(row, self.compartment.column, {**row.contents(self.compartment), self.name: self.kept(value)})

    def kept(self, value: Any) -> Json:
        """How a value lies inside: as text if it has to be read back from text."""
        kept: Json = str(value) if self.read is not None and value is not None else value
        return kept


@dataclass(frozen=True)
class Compartment:
    """One sealed column: its contents, whose key seals it, and the columns that it is bound to, which never change."""

    column: str
    inside: Mapping[str, Inside]
    owner: Callable[[Any], KeyOwner]
    bound: tuple[str, ...]

    def bound_to(self, row: Any) -> bytes:
        """What is authenticated with it."""
        return bound_to(row.__tablename__, self.column, {name: getattr(row, name) for name in self.bound})


def sealed_column() -> Any:
    """The column of a compartment."""
    return Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class Sealed:
    """A row class with compartments. Each is a nullable column of bytes; None is one with nothing in it. What is inside
    becomes attributes of the row, which the class declares for readers only: SQLModel would make columns of them.
    """

    compartments: ClassVar[tuple[Compartment, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for compartment in cls.compartments:
            for name, inside in compartment.inside.items():
                inside.name, inside.compartment = name, compartment
                type.__setattr__(cls, name, inside)

    def __init__(self, **values: Any) -> None:
        for compartment in self.compartments:
            given = [name for name in compartment.inside if name in values]
            values[compartment.column] = {name: compartment.inside[name].kept(values.pop(name)) for name in given}
        super().__init__(**values)

    def contents(self, compartment: Compartment) -> Mapping[str, Any]:
        """What is inside. Raises KeyDestroyed, KeyMissing, KeysUnset, SealBroken."""
        held = getattr(self, compartment.column)
        if held is None:
            return {}
        if isinstance(held, dict):
            return held
        opened = self.__dict__.setdefault(_OPENED, {}).get(compartment.column)
        if opened is None or opened[0] is not held:
            opened = (held, self._open(compartment, held))
            self.__dict__[_OPENED][compartment.column] = opened
        return opened[1]  # type: ignore[no-any-return] # the cache lives in an untyped __dict__

    def _open(self, compartment: Compartment, sealed: bytes) -> dict[str, Any]:
        session = object_session(self)
        keyring = keyring_of(session)
        assert session is not None
        key = keyring.to_open(compartment.owner(self), session.connection())
        try:
            return unseal(key, sealed, compartment.bound_to(self))
        except ValueError as failure:
            raise SealBroken(str(self.__tablename__), compartment.column) from failure  # type: ignore[attr-defined] # every mapped row has one


@event.listens_for(Sealed, "before_insert", propagate=True)
@event.listens_for(Sealed, "before_update", propagate=True)
def _seal_row(_mapper: Mapper[Any], connection: Connection, row: Sealed) -> None:
    """Seals what was set. Raises KeyDestroyed, KeysUnset."""
    keyring = keyring_of(object_session(row))
    state = inspect(row)
    for compartment in row.compartments:
        held = getattr(row, compartment.column)
        if not isinstance(held, dict):
            moved = [name for name in compartment.bound if state.persistent and state.attrs[name].history.deleted]
            assert held is None or not moved, f"a sealed row's {moved} never change"
            continue
        if not any(held.values()):
            setattr(row, compartment.column, None)
            continue
        key = keyring.to_seal(compartment.owner(row), connection)
        sealed = seal(key, held, compartment.bound_to(row))
        setattr(row, compartment.column, sealed)
        row.__dict__.setdefault(_OPENED, {})[compartment.column] = (sealed, held)
