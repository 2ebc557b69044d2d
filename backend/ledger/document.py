"""A statement as a document whose fields can be shown one by one, and whose digest is 32 bytes on a chain.

The digest is a Merkle root over the fields in the order of their names. With H = SHA-256 and a 32-byte salt of its own
for every field:

    leaf = H(0x00 || salt || canonical JSON of [name, value])
    node = H(0x01 || left || right)

An odd node at the end of a level rises to the next unchanged. Salts keep a small set of possible values from being
tried out against a leaf, so a field that is not shown stays unknown. No framework.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backend.kernel.digest import Json, canonical_json, sha256, to_hex
from backend.kernel.errors import InvalidInput, RuleViolated

STATEMENT_SCHEMA = "tanyu.statement/1"
DISCLOSURE_SCHEMA = "tanyu.disclosure/1"
SALT_BYTES = 32
SALT_BYTES_LEAST = 16
_LEAF, _NODE = b"\x00", b"\x01"


class DocumentMalformed(InvalidInput):
    """Not a statement or disclosure document."""

    code = "document.malformed"

    def __init__(self, why: str) -> None:
        super().__init__(f"not a statement document: {why}", why=why)


class DocumentTampered(RuleViolated):
    """The document's fields do not give its digest: something in it was changed."""

    code = "document.tampered"

    def __init__(self, claimed: bytes, found: bytes) -> None:
        super().__init__(
            f"the document says digest {to_hex(claimed)}, its fields give {to_hex(found)}",
            claimed=to_hex(claimed),
            found=to_hex(found),
        )


class FieldUnknown(InvalidInput):
    """The document has no field of that name."""

    code = "document.field_unknown"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"the document has no field {name!r}", field=name, known=list(known)[:50])


@dataclass(frozen=True)
class SaltedField:
    """One field: its name, its value and the salt that hides it."""

    name: str
    value: Json
    salt: bytes

    @cached_property
    def leaf(self) -> bytes:
        """H(0x00 || salt || canonical JSON of [name, value])."""
        return sha256(_LEAF + self.salt + canonical_json([self.name, self.value]))


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        pairs = [sha256(_NODE + row[at] + row[at + 1]) for at in range(0, len(row) - 1, 2)]
        levels.append(pairs + row[len(row) - len(row) % 2 :])
    return levels


@dataclass(frozen=True)
class Document:
    """Salted fields in the order of their names."""

    fields: tuple[SaltedField, ...]

    @cached_property
    def digest(self) -> bytes:
        """The Merkle root."""
        return _levels([field.leaf for field in self.fields])[-1][0]

    @property
    def values(self) -> dict[str, Json]:
        """Values by field name."""
        return {field.name: field.value for field in self.fields}

    def text(self) -> str:
        """Canonical JSON of the whole document, salts included: for its owner's eyes."""
        rows: list[Json] = [
            {"name": field.name, "salt": to_hex(field.salt), "value": field.value} for field in self.fields
        ]
        whole = {"schema": STATEMENT_SCHEMA, "digest": to_hex(self.digest), "fields": rows}
        return canonical_json(whole).decode()


def document_of(values: Mapping[str, Json], salts: Callable[[], bytes]) -> Document:
    """A document of some values, each with a fresh salt, drawn in the order of the names."""
    return Document(tuple(SaltedField(name, values[name], salts()) for name in sorted(values)))


def _hex(text: Any, what: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except (AttributeError, ValueError) as failure:
        raise DocumentMalformed(f"{what} is not hex") from failure


def _loaded(text: str, schema: str) -> dict[str, Any]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise DocumentMalformed("it is not JSON") from failure
    if not isinstance(loaded, dict) or loaded.get("schema") != schema:
        raise DocumentMalformed(f"its schema is not {schema}")
    if not isinstance(loaded.get("fields"), list) or not loaded["fields"]:
        raise DocumentMalformed("it has no fields")
    return loaded


def _field(row: Any) -> SaltedField:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or "value" not in row:
        raise DocumentMalformed("a field lacks its name or value")
    salt = _hex(row.get("salt"), f"the salt of {row['name']}")
    if len(salt) < SALT_BYTES_LEAST:
        raise DocumentMalformed(f"the salt of {row['name']} is shorter than {SALT_BYTES_LEAST} bytes")
    field = SaltedField(row["name"], row["value"], salt)
    try:
        _ = field.leaf
    except (TypeError, UnicodeEncodeError) as failure:
        raise DocumentMalformed(f"{row['name']} holds what canonical JSON cannot: {failure}") from failure
    return field


def verify(text: str) -> Document:
    """The document of a text, if its fields give its digest. Raises DocumentMalformed, DocumentTampered."""
    loaded = _loaded(text, STATEMENT_SCHEMA)
    document = Document(tuple(_field(row) for row in loaded["fields"]))
    names = [field.name for field in document.fields]
    if names != sorted(set(names)):
        raise DocumentMalformed("its fields are not in the order of their names, each once")
    claimed = _hex(loaded.get("digest"), "the digest")
    if claimed != document.digest:
        raise DocumentTampered(claimed, document.digest)
    return document


def disclose(document: Document, names: Sequence[str]) -> str:
    """Canonical JSON that shows only the named fields, each with its way to the digest. Raises FieldUnknown."""
    at_of = {field.name: at for at, field in enumerate(document.fields)}
    levels = _levels([field.leaf for field in document.fields])
    rows: list[Json] = []
    for name in sorted(set(names)):
        if name not in at_of:
            raise FieldUnknown(name, sorted(at_of))
        field = document.fields[at_of[name]]
        path = _path(levels, at_of[name])
        rows.append({"name": name, "salt": to_hex(field.salt), "value": field.value, "path": path})
    return canonical_json({"schema": DISCLOSURE_SCHEMA, "digest": to_hex(document.digest), "fields": rows}).decode()


def _path(levels: Sequence[Sequence[bytes]], at: int) -> list[Json]:
    """Siblings from the leaf up, as [side, hash]; a node that rose unchanged has no sibling."""
    path: list[Json] = []
    for row in levels[:-1]:
        sibling = at ^ 1
        if sibling < len(row):
            path.append(["left" if sibling < at else "right", to_hex(row[sibling])])
        at //= 2
    return path


def verify_disclosure(text: str) -> dict[str, Json]:
    """The shown values of a disclosure, if each leads to its digest. Raises DocumentMalformed, DocumentTampered."""
    loaded = _loaded(text, DISCLOSURE_SCHEMA)
    claimed = _hex(loaded.get("digest"), "the digest")
    values: dict[str, Json] = {}
    for row in loaded["fields"]:
        field = _field(row)
        node = field.leaf
        for entry in row.get("path", []):
            if not isinstance(entry, list) or len(entry) != 2 or entry[0] not in {"left", "right"}:
                raise DocumentMalformed(f"the path of {field.name} is not a list of [side, hash]")
            sibling = _hex(entry[1], f"the path of {field.name}")
            node = sha256(_NODE + sibling + node) if entry[0] == "left" else sha256(_NODE + node + sibling)
        if node != claimed:
            raise DocumentTampered(claimed, node)
        if field.name in values:
            raise DocumentMalformed(f"it shows {field.name} twice")
        values[field.name] = field.value
    return values
