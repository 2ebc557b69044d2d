"""A picture of the books, and the journal's lines since, give what the whole journal gives."""

import json

from hypothesis import settings
from hypothesis.stateful import rule

from backend.kernel.digest import canonical_json
from backend.market.snapshot import engine_of, picture
from tests.property.test_market_matching import MarketMachine


class PicturedMarket(MarketMachine):
    """The engine is exchanged for one made of its picture; `crash` holds it against a replay from the first line."""

    @rule()
    def restart_from_a_picture(self) -> None:
        restored = engine_of(json.loads(canonical_json(picture(self.engine))))
        assert restored.state_digest() == self.engine.state_digest()
        assert list(restored.orders) == list(self.engine.orders)
        self.engine = restored


TestPicturedMarket = PicturedMarket.TestCase
TestPicturedMarket.settings = settings(max_examples=max(20, settings().max_examples // 3), stateful_step_count=50)
