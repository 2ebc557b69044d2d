"""For developers: writes into a persona's file what its year comes to now, with the reason it came to something else.

Usage: .venv/bin/python scripts/personas.py "why the figures move"; read the difference before you commit it.
Renews the tables of docs/a-year-explained.md too. Without a reason it changes nothing and tells what would change.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.footprint.freeze import frozen_for
from backend.kernel.errors import TanyuError
from backend.ledger.explain import explain, explain_lost, with_tables
from backend.ledger.persona import persona_of, shipped_personas
from backend.ledger.persona_change import acknowledged, change_text
from backend.ledger.persona_year import play
from backend.ledger.policy import shipped_policies

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "backend" / "ledger" / "personas"
PAGE = ROOT / "docs" / "a-year-explained.md"
EXPLAINED = "cn-sc-chengdu-metro"


def renew(folder: Path, reason: str) -> list[str]:
    """Adds a change to every persona's file whose year comes to something else; ids of those. Raises ReasonMissing."""
    moved = []
    for persona in shipped_personas().values():
        totals = play(persona, shipped_policies()).totals()
        if not acknowledged(persona, totals):
            text = change_text(persona, totals, on=datetime.now(UTC).date(), reason=reason)
            with (folder / f"{persona.id}.toml").open("a", encoding="utf-8") as file:
                file.write(text)
            moved.append(persona.id)
    return moved


def page_of(text: str) -> str:
    """The page that explains a year, with its tables as they are now."""
    persona = persona_of(EXPLAINED)
    found = play(persona, shipped_policies())
    uses = tuple(
        replace(use, monthly=(*use.monthly[:2], None, *use.monthly[3:])) if use.kind == "natural_gas" else use
        for use in persona.uses
    )
    lost = play(replace(persona, uses=uses), shipped_policies())
    tables = explain(found.year, found.plan, frozen_for(found.policy.vintage).digest)
    lost_table = explain_lost((found.year, found.plan), (lost.year, lost.plan))
    return with_tables(text, {**tables, "a lost bill": lost_table})


def main() -> int:
    """1 if something moved and no reason was given."""
    try:
        moved = renew(FOLDER, " ".join(sys.argv[1:]))
    except TanyuError as failure:
        print(f"{failure}\n\n{__doc__}")
        return 1
    PAGE.write_text(page_of(PAGE.read_text("utf-8")), encoding="utf-8")
    print(f"{len(moved)} personas renewed: {', '.join(moved) or 'none moved'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
