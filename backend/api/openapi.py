"""The OpenAPI document: FastAPI's, with problem documents instead of FastAPI's own validation errors."""

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import FastAPI

from backend.access.problems import PROBLEM_JSON, problem_of, status_of
from backend.kernel.errors import TanyuError

DESCRIPTION = """\
Everyone's carbon income and expense: budgets, footprints, attested surpluses, a market that settles on a chain, gifts
and retirements. On a local chain everything shown is a simulation (methodology SIM) and no real carbon credit.

JSON is camelCase. Amounts are decimal strings: grams of CO2e, or base units of the payment token. Bytes are 0x and hex,
addresses EIP-55, times ISO-8601 in UTC. Signed data uses Unix seconds; `GET /signing` has the
EIP-712 domain and type of every signed act. Every failure is an RFC 9457 problem document
with a `code`. Private reads need a session: `POST /sessions/nonce`, sign the message (EIP-4361), `POST /sessions`.
"""

TAGS = [
    {"name": "sessions", "description": "Sign in with a key (EIP-4361), see who is signed in, sign out."},
    {"name": "footprint", "description": "Activities, emission factors with their passports, footprints."},
    {"name": "ledger", "description": "Accounts, budgets and vintage statements."},
    {"name": "issuance", "description": "Attestations, batches and claims that mint."},
    {"name": "verification", "description": "Verifiers: their queue and terms, draws of statements to audit again."},
    {
        "name": "market",
        "description": "Signed orders, the book, trades. As it happens: the WebSocket `/stream` (docs/stream.md).",
    },
    {"name": "settlement", "description": "Matches on their way to the chain, and fills."},
    {"name": "giving", "description": "Campaigns, donations, retirements, grants and their receipts."},
    {
        "name": "certificates",
        "description": "What the chain says of a deed, its certificate, and whether a file is one.",
    },
    {"name": "signing", "description": "Chain, contracts, EIP-712 domains and types: what to sign, and how."},
    {"name": "service", "description": "Whether the server and what it depends on answer."},
]

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. An error's own fields stand beside these, in camelCase.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "`/problems/<code>`: a page about the code."},
        "title": {"type": "string", "description": "The error's name in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What was wrong, and what would be right."},
        "code": {"type": "string", "description": "Stable; programs decide by it."},
        "errors": {
            "type": "array",
            "description": "Where several things are wrong, each of them, with its error's own fields beside these.",
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "string", "description": "Of this one; stable."},
                    "message": {"type": "string", "description": "What was wrong, and what would be right."},
                    "at": {
                        "type": "string",
                        "description": "With `input.invalid`: the parameter, or field of the body.",
                    },
                    "line": {"type": "string", "description": "With `activity.csv_refused`: the file's line, from 1."},
                    "column": {
                        "type": ["string", "null"],
                        "description": "With `activity.csv_refused`: the column; null if the whole row is wrong.",
                    },
                },
            },
        },
    },
}

_UNSERVED = frozenset({"backend.access.client"})


@dataclass(frozen=True)
class ProblemCode:
    """A failure that the API may answer with. `meaning` is one sentence."""

    code: str
    status: int
    title: str
    meaning: str


def _subclasses(error: type[TanyuError]) -> Iterator[type[TanyuError]]:
    for child in error.__subclasses__():
        yield child
        yield from _subclasses(child)


def problem_codes() -> dict[str, ProblemCode]:
    """Every code of the rooms that are loaded, by code in alphabetical order."""
    found: dict[str, ProblemCode] = {"internal": ProblemCode("internal", 500, "Internal error", "A bug of ours.")}
    for error in _subclasses(TanyuError):
        if error.__module__.startswith("backend.") and error.__module__ not in _UNSERVED and error.code not in found:
            bare = TanyuError.__new__(error)
            bare.message, bare.fields = "", {}
            meaning = (inspect.getdoc(error) or "").partition("\n\n")[0].replace("\n", " ")
            found[error.code] = ProblemCode(error.code, int(status_of(bare)), problem_of(bare)["title"], meaning)
    return dict(sorted(found.items()))


class DescribedApp(FastAPI):
    """FastAPI whose OpenAPI document tells the truth about errors."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once per set of routes."""
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" in schemas:
            return document
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = PROBLEM_SCHEMA
        answer = {
            "description": "A problem document",
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for path in document.get("paths", {}).values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                operation["responses"]["4XX"] = answer
                operation["responses"]["5XX"] = answer
        return document


def pinned_text(app: FastAPI) -> str:
    """The document as `web/openapi.json` keeps it, from which the pages' types are made: sorted, to be compared."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def no_facts() -> NoReturn:
    """Stands for a server's own figures where only their form is asked for: the document, never an answer."""
    raise NotImplementedError
