"""Every field that a person's or a verifier's command shows has a word in Chinese, and an English one."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from backend.access.field_words import field_word
from backend.issuance.routes import router as issuance
from backend.ledger.routes import router as ledger

TAGS = {"accounts", "activities", "sharing", "statements", "verification"}
IN_TABLES_OF_THEIR_OWN = {"AirOut", "KindAirOut", "PollutantOut", "NoticeOut"}


def _reached(node: Any, schemas: dict[str, Any], seen: set[str]) -> Iterator[str]:
    """Names of the schemas that an answer is made of."""
    if isinstance(node, list):
        for item in node:
            yield from _reached(item, schemas, seen)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            yield name
            yield from _reached(schemas[name], schemas, seen)
        yield from (found for item in node.values() for found in _reached(item, schemas, seen))


def test_fields__of_every_answer_to_a_person__have_words_in_both_languages() -> None:
    app = FastAPI()
    app.include_router(ledger)
    app.include_router(issuance)
    described = app.openapi()
    schemas, seen = described["components"]["schemas"], set[str]()
    answers = [
        answer
        for operations in described["paths"].values()
        for operation in operations.values()
        if TAGS & set(operation["tags"])
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]

    names = set(_reached(answers, schemas, seen)) - IN_TABLES_OF_THEIR_OWN

    assert {"ReportOut", "AccountOut", "CaseOut", "DrawOut", "PositionOut"} <= names
    fields = {field for name in names for field in schemas[name].get("properties", {})}
    assert sorted(field for field in fields if field_word(field, "zh").isascii()) == []
    assert sorted(field for field in fields if "Gco2e" in field_word(field, "en")) == []
