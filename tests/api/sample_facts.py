"""Numbers for the page of facts; valid by default, replaced by keyword."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backend.api.start import CampaignFacts, ChainFacts, ClassFacts, StartPageFacts, TradeFacts

FACTS = StartPageFacts(
    people=7,
    classes=(
        ClassFacts("US-CA/2025/SIM", 8_505_000, 6_100_000, 405_000, 1_900_000, 100_000, 1_250_000),
        ClassFacts("CN-SC/2025/SIM", 1_050_000, 1_000_000, 50_000, 0, 0, 0),
    ),
    trades=(
        TradeFacts(datetime(2026, 1, 15, 9, 31, tzinfo=UTC), "US-CA/2025/SIM", 120_500, 85_000, "0x" + "ab" * 32),
        TradeFacts(datetime(2026, 1, 15, 9, 30, tzinfo=UTC), "CN-SC/2025/SIM", 40_000, 1_250_000, "0x" + "0c" * 32),
    ),
    campaigns=(
        CampaignFacts("A quieter sky", "让天空安静些", "retire-pool", 2_000_000, 1_250_000, 900_000, 0),
        CampaignFacts("Winter heating aid", "冬季取暖帮扶", "aid", 500_000, 750_000, 0, 430_000),
    ),
    chain=ChainFacts(31337, 412, 411),
    contracts={
        "CarbonCredit": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
        "Exchange": "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
    },
    audit_command="tanyu audit --rpc http://127.0.0.1:8545 --deployment var/deployment.json",
    reads=("/campaigns",),
)


def some_facts(**fields: Any) -> StartPageFacts:
    """FACTS with fields replaced."""
    return replace(FACTS, **fields)
