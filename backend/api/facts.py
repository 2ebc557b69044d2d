"""The numbers of the page of facts, read from this server's own database and chain."""

import shlex
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from requests.exceptions import RequestException
from sqlmodel import Session, col, select
from web3 import Web3

from backend.api.program import tanyu_program
from backend.api.start import CampaignFacts, ChainFacts, ClassFacts, StartPageFacts, TradeFacts
from backend.chain.class_id import class_code
from backend.chain.deployment import Deployment
from backend.giving.campaign import campaign_views
from backend.giving.kinds import CampaignKind
from backend.kernel.digest import to_hex
from backend.kernel.mass import LOT_GCO2E
from backend.ledger.person import persons
from backend.link.balances import credit_classes
from backend.link.index import indexed
from backend.settlement.tables import Fill
from backend.storage.database import Database

TRADES_SHOWN = 8
READS = ("/market/classes", "/fills", "/factors", "/policies", "/batches", "/campaigns")


def _classes(session: Session) -> tuple[ClassFacts, ...]:
    donated: Counter[int] = Counter()
    for view in campaign_views(session):
        donated.update({class_id: holding.donated_gco2e for class_id, holding in view.holdings.items()})
    return tuple(
        ClassFacts(
            class_code=class_code(row.class_id),
            issued_gco2e=row.issued_gco2e,
            held_gco2e=row.issued_gco2e - row.buffer_gco2e - row.retired_gco2e - row.cancelled_gco2e,
            buffer_gco2e=row.buffer_gco2e,
            retired_gco2e=row.retired_gco2e,
            cancelled_gco2e=row.cancelled_gco2e,
            donated_gco2e=donated[row.class_id],
        )
        for row in credit_classes(session)
    )


def _trades(session: Session) -> tuple[TradeFacts, ...]:
    newest = select(Fill).order_by(col(Fill.block_number).desc(), col(Fill.log_index).desc()).limit(TRADES_SHOWN)
    return tuple(
        TradeFacts(
            at=fill.at,
            class_code=class_code(fill.class_id),
            amount_gco2e=fill.lots * LOT_GCO2E,
            price_per_kg=fill.price_per_kg,
            tx_hash=to_hex(fill.tx_hash),
        )
        for fill in session.exec(newest).all()
    )


def _campaigns(session: Session) -> tuple[CampaignFacts, ...]:
    found = []
    for view in campaign_views(session):
        if view.story is not None:
            found.append(
                CampaignFacts(
                    title_en=view.story.title_en,
                    title_zh=view.story.title_zh,
                    kind="aid" if view.campaign.kind == CampaignKind.AID else "retire-pool",
                    target_gco2e=view.campaign.target_gco2e,
                    donated_gco2e=view.total.donated_gco2e,
                    retired_gco2e=view.total.retired_gco2e,
                    granted_gco2e=view.total.granted_gco2e,
                )
            )
    return tuple(found)


def facts_of(
    database: Database, w3: Web3, deployment: Deployment, deployment_path: Path
) -> Callable[[], StartPageFacts]:
    """What gives the page of facts its numbers, each time it is shown."""
    url: str = w3.provider.endpoint_uri  # type: ignore[attr-defined]  # our provider is HTTP

    def head() -> int | None:
        try:
            return int(w3.eth.block_number)
        except RequestException:
            return None

    def facts() -> StartPageFacts:
        with database.read() as session:
            cursor = indexed(session)
            return StartPageFacts(
                people=len(persons(session)),
                classes=_classes(session),
                trades=_trades(session),
                campaigns=_campaigns(session),
                chain=ChainFacts(deployment.chain_id, head(), cursor.number if cursor else None),
                contracts=deployment.addresses,
                audit_command=f"{tanyu_program()} audit --rpc {url} --deployment {shlex.quote(str(deployment_path))}",
                reads=READS,
            )

    return facts
