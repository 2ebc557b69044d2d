"""INV-08: whatever happens to a market, its journal, replayed by the audit's own matcher, gives every trade it told."""

import json
from pathlib import Path

import pytest
from hypothesis import settings

from backend.audit.replay import audit_journal
from backend.kernel.digest import canonical_json
from backend.market.disclosure import disclosed
from backend.market.instructions import PLAIN, Instructions, TimeInForce
from backend.market.order import Side
from tests.integration.audit.journal_story import Rows
from tests.property.test_market_durability import MAKERS, WholeMarket
from tests.unit.market.world import DOMAIN, OPERATOR


class AuditedMarket(WholeMarket):
    """A random day of a market, and an auditor at its end."""

    def teardown(self) -> None:
        try:
            with self.database.read() as session:
                told = disclosed(session, DOMAIN, OPERATOR.address, self.world.clock.now())
                rows = Rows([json.loads(canonical_json(row)) for row in told])
            journal = rows.written(Path(self.folder))
            report = audit_journal(journal)
            assert report.findings == ()
            assert report.counts["journal.trades"] == journal.header.trades
            assert report.counts["journal.chain"] == journal.header.head_sequence
        finally:
            super().teardown()


@pytest.mark.parametrize("reason", ["PaymentFailed", "CreditTransferFailed"])
def test_audited_market__trade_of_an_ioc_is_busted__nobody_is_accused(reason: str) -> None:
    market = AuditedMarket()
    ioc = Instructions(time_in_force=TimeInForce.IOC)
    market.place(maker=MAKERS[0], side=Side.BUY, lots=9, price=100, seconds=522, instructions=PLAIN)
    market.place(maker=MAKERS[1], side=Side.SELL, lots=1, price=97, seconds=522, instructions=ioc)
    market.world.market.bust(1, reason)
    market.teardown()


TestAuditedMarket = AuditedMarket.TestCase
TestAuditedMarket.settings = settings(max_examples=max(8, settings().max_examples // 10), stateful_step_count=25)
