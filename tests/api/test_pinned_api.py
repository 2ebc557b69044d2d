"""What the pages believe of the API is what it is: their types are made of a pinned document, and it is today's."""

import json

from backend.api.app import create_app
from backend.api.openapi import no_facts, pinned_text
from backend.api.rooms import ROUTERS
from backend.api.web import WEB
from backend.kernel.clock import FixedClock

PINNED = WEB / "openapi.json"


def test_pinned_document__of_the_pages__is_the_api_s(clock: FixedClock) -> None:
    app = create_app({"clock": clock}, ROUTERS, {}, start_facts=no_facts)
    assert PINNED.read_text(encoding="utf-8") == pinned_text(app), "renew it: .venv/bin/python scripts/pin_api.py"


def test_types__of_the_pages__are_made_of_the_pinned_document_before_each_use() -> None:
    scripts = json.loads((WEB / "package.json").read_text())["scripts"]

    assert "openapi.json --output src/lib/api/schema.ts" in scripts["api"]
    assert scripts["build"].startswith("npm run api && ")
    assert scripts["check"].startswith("npm run api && ")
    assert "src/lib/api/schema.ts" in (WEB / ".gitignore").read_text().splitlines()
