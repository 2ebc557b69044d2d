"""What the pages' welcome tells: the very numbers of this server."""

from typing import Any

from backend.api.app import create_app
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.api.sample_facts import FACTS


def test_figures__tell_every_class_and_trade_to_the_gram(database: Database, clock: FixedClock) -> None:
    app = create_app({"database": database, "clock": clock}, [], {}, start_facts=lambda: FACTS)

    told: dict[str, Any] = a_client(app).get("/figures").json()

    assert told["people"] == FACTS.people
    first, trade = told["classes"][0], told["trades"][0]
    assert first["creditClass"] == "US-CA/2025/SIM"
    parts = ("heldGco2e", "bufferGco2e", "retiredGco2e", "cancelledGco2e")
    assert first["issuedGco2e"] == str(sum(int(first[part]) for part in parts)) == "8505000"
    assert first["donatedGco2e"] == "1250000"
    assert (trade["at"], trade["pricePerKg"], trade["amountGco2e"]) == ("2026-01-15T09:31:00Z", "85000", "120500")
    assert len(told["classes"]) == len(FACTS.classes)
    assert len(told["trades"]) == len(FACTS.trades)
