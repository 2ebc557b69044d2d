"""For developers: writes web/openapi.json, the API's document from which the pages' types are made.

Usage: .venv/bin/python scripts/pin_api.py; then `npm run check` in web/ says what the pages must follow.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.api.app import create_app
from backend.api.openapi import no_facts, pinned_text
from backend.api.rooms import ROUTERS
from backend.api.web import WEB
from backend.kernel.clock import SystemClock


def main() -> int:
    """Writes the file."""
    app = create_app({"clock": SystemClock()}, ROUTERS, {}, start_facts=no_facts)
    (WEB / "openapi.json").write_text(pinned_text(app), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
