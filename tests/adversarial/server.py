"""A whole server on a real node, somebody signed in, and what an enemy sends."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from backend.api.serve import Tanyu
from backend.chain.class_id import pack
from tests.web import TestClient

PLAUSIBLE: dict[str, object] = {
    "kind": "bus",
    "quantity": "12.5",
    "unit": "passenger_km",
    "from": "2025-01-01",
    "to": "2025-01-01",
    "place": "US-CA",
    "region": "US-CA",
    "gridArea": "US-CAMX",
    "meter": None,
    "home": None,
    "sinceOn": "2025-01-01",
    "bornOn": "1990-01-01",
    "classId": str(pack("US-CA", 2025, "SIM")),
    "side": "buy",
    "action": "hold",
    "amountGco2e": "1000",
    "pricePerKg": "100000",
    "purpose": "self",
    "count": 1,
    "deadline": "4000000000",
    "expiry": "4000000000",
}
"""Values that take a request past its first checks, by field."""

TEXTS: tuple[str, ...] = (
    *("", " ", "\0", "\ud800", "x" * 10_000, "9" * 5_000, "-1", "1e400", "0x", "NaN", "1/0", "٣", "１２", "\u202eevil"),
    *("2025-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31", "0001-01-01"),
    *("'; DROP TABLE ledger_person; --", "../../etc/passwd", "%s%n{0}{{7*7}}", "<script>alert(1)</script>"),
    *("0x" + "f" * 40, "0x" + "f" * 64, "0x" + "f" * 130, str(2**256), str(2**63), "CN-SC/" + "1" * 5_000 + "/SIM"),
)
VALUES: tuple[object, ...] = (*TEXTS, None, True, 0, -1, 1.5, 2**63, 10**400, [], {}, [[[]]], {"$ne": ""})

DEEP = "[" * 20_000 + "]" * 20_000
BODIES: tuple[bytes, ...] = (
    *(b"", b"null", b"[]", b'"text"', b"5", b"{", b"NaN", b'{"a": Infinity}', b"\xff\xfe", b"{}", b'{"__proto__": 1}'),
    *(DEEP.encode(), ('{"a":' * 5_000 + "1" + "}" * 5_000).encode(), b"\xef\xbb\xbf{}", b'{"a": 1, "a": 2}'),
    b'{"big": ' + b"9" * 6_000 + b"}",
)


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the API describes it."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, object], ...]
    """Of its JSON body: name and a plausible value."""
    media: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def plain_path(self) -> str:
        """With something of the right form in each place."""
        path = self.path
        for name, where in self.parameters:
            if where == "path":
                path = path.replace(f"{{{name}}}", {"vintage": "2025"}.get(name, "0x" + "11" * 32))
        return path

    def bodies(self, share: int) -> Iterator[bytes]:
        """A plausible body with one field hostile, missing, or too many; then what is no body at all.

        Each field meets every `share`-th hostile value, the next field the next ones.
        """
        base = dict(self.fields)
        for place, name in enumerate(base):
            for value in VALUES[place % share :: share]:
                yield json.dumps(base | {name: value}).encode()
            yield json.dumps({other: value for other, value in base.items() if other != name}).encode()
        yield json.dumps(base | {"unknownField": 1}).encode()
        yield from BODIES


def operations(spec: dict[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document."""
    schemas = spec["components"]["schemas"]

    def example(name: str, schema: dict[str, Any]) -> object:
        if name in PLAUSIBLE:
            return PLAUSIBLE[name]
        schema = next(iter(schema.get("anyOf", [])), schema)
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][0]
        return {"boolean": True, "integer": 1}.get(schema.get("type", ""), next(iter(schema.get("examples", [])), "x"))

    found = []
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            media = next(iter(content), None)
            body = content.get(media, {}).get("schema", {})
            properties = schemas[body["$ref"].rpartition("/")[2]]["properties"] if "$ref" in body else {}
            found.append(
                Operation(
                    method.upper(),
                    path,
                    tuple((parameter["name"], parameter["in"]) for parameter in operation.get("parameters", [])),
                    tuple((name, example(name, schema)) for name, schema in properties.items()),
                    media,
                )
            )
    return found


@dataclass
class Besieged:
    """The server under attack, and what it remembers."""

    tanyu: Tanyu
    client: TestClient
    token: str

    def send(self, method: str, path: str, *, content: bytes | None = None, **headers: str) -> Any:
        own = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, content=content, headers=own | sent)

    def memory(self) -> dict[str, list[str]]:
        """Every row of every table but those that time alone changes: sessions, and the link's own."""
        tables = [table for table in SQLModel.metadata.sorted_tables if not table.name.startswith(("link_", "access_"))]
        with self.tanyu.database.read() as session:
            return {
                table.name: sorted(map(repr, session.connection().execute(select(table)).all())) for table in tables
            }
