"""Extracts of the journal's lines, wherever they begin and end, do on an engine what the lines say."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from backend.market.extract import Extract
from backend.market.matching import Engine
from tests.property.test_market_matching import MarketMachine


class ExtractedMarket(MarketMachine):
    """The engine is exchanged for one made by extracts; `crash` holds it against a replay line by line."""

    @rule(size=st.integers(1, 12))
    def restart_from_extracts(self, size: int) -> None:
        lines = [(sequence, kind.value, text.decode()) for sequence, (kind, text) in enumerate(self.journal, 1)]
        restored = Engine()
        for start in range(0, len(lines), size):
            stretch = lines[start : start + size]
            Extract.unpacked(Extract.of(stretch).packed()).carry_out(restored, stretch[0][0])
        assert restored.state_digest() == self.engine.state_digest()
        assert list(restored.orders) == list(self.engine.orders)
        self.engine = restored


TestExtractedMarket = ExtractedMarket.TestCase
TestExtractedMarket.settings = settings(max_examples=max(20, settings().max_examples // 3), stateful_step_count=50)
