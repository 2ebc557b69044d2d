"""`tanyu serve`: the rooms put together into one server: API, market, link and settlement in one process.

Several may run over one database. One of them owns the market, and it alone indexes, sends, settles and does what is
due by itself; the others answer what needs no book, send on what does, and stand by to take over.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import uvicorn
from fastapi import FastAPI

from backend.access.api_key import ApiKeys
from backend.access.limits import COSTS, Limits
from backend.access.site import Site
from backend.api.app import create_app
from backend.api.facts import facts_of
from backend.api.health import database_check
from backend.api.interpreter import collecting, ease_interpreter
from backend.api.operations import Operations
from backend.api.order_lane import order_lane
from backend.api.rooms import ROUTERS, books_of_all_rooms, projections
from backend.api.web import PagesNotBuilt, is_built
from backend.chain.contracts import Contracts
from backend.chain.deploy import REGISTRAR_ROLE
from backend.chain.deployment import Deployment, WrongNetwork
from backend.chain.keys import DevRole, KeystoreUnreadable, Signer, dev_signer, require_dev_chain, signer_from_keystore
from backend.chain.rpc import LOCAL_CHAIN_ID, connect, network_of
from backend.giving.certifier import Certifier
from backend.giving.donation import require_open_until
from backend.giving.private_channel import GiftsChannel
from backend.giving.tending import Tended, tend
from backend.giving.witness import Witness
from backend.issuance.drawing import Advanced, advance
from backend.issuance.reversal import Cancelled, cancel_reversed
from backend.kernel.clock import Clock, SystemClock
from backend.kernel.errors import Unavailable
from backend.ledger.address import not_selling
from backend.ledger.books import Books
from backend.ledger.deadline import Closed, close_overdue
from backend.ledger.erasure import finish_erasures
from backend.ledger.person_key import PersonKeys
from backend.ledger.personhood import LedgerKeys
from backend.link import balances
from backend.link.checkpointing import checkpointing
from backend.link.index import indexed_block
from backend.link.indexer import Indexer
from backend.link.loop import Loop, Report
from backend.link.named_block import first_block_from
from backend.link.node import Header, Node
from backend.link.reconcile import Finding, reconcile
from backend.link.sender import Sender
from backend.link.worker import Worker
from backend.market.anchoring import Anchored, Anchoring
from backend.market.channel import Topic
from backend.market.connection import StreamStopped
from backend.market.extracting import Extracting
from backend.market.forward import Forwarder, MarketUnowned
from backend.market.funds import ChainView
from backend.market.inbox import MarketStopped
from backend.market.sequencer import Sequencer
from backend.market.service import Market
from backend.market.stream import Stream
from backend.settlement.fee import FeeProjection
from backend.settlement.fills import fees_of_trades
from backend.settlement.settler import Settler
from backend.storage.database import Database
from backend.storage.settings import Settings

SETTLE_EVERY = timedelta(milliseconds=200)
CLOSE_EVERY = timedelta(hours=1)
CANCEL_EVERY = timedelta(seconds=2)
DRAW_EVERY = timedelta(seconds=2)
TEND_EVERY = timedelta(seconds=5)
ANCHOR_EVERY = timedelta(minutes=1)
EXTRACT_EVERY = timedelta(seconds=1)
STOP_TIMEOUT = timedelta(seconds=10)
PUBLIC_CONFIRMATIONS = 12
STREAM_FRAME_BYTES_MAX = 64 * 1024
"""A larger frame closes its WebSocket before it is read whole; what the stream takes is less and told kindly."""


class LinkNotReady(Unavailable):
    """The index or the sender cannot work now."""

    code = "link.not_ready"


class Tanyu:
    """One process of Tanyu. Nothing runs before start(); stop() ends every thread and closes the database."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.deployment = Deployment.load(settings.deployment_path)
        self.operator = operator_of(settings, self.deployment)
        self.database = Database.of(settings)
        self.w3 = connect(settings.rpc_url or f"http://127.0.0.1:{settings.local_chain_port}")
        self.contracts = Contracts(self.w3, self.deployment)
        self.fee = FeeProjection(self.database)
        exchange = self.deployment.domain("Exchange")
        chain = ChainView.remembering(balances, exchange.verifying_contract, self.fee.fee_bps, indexed_block)
        self.stream = self._make_stream(chain)
        self.site = Site.local(settings.port)
        self.sequencer = Sequencer(
            database=self.database,
            clock=self.clock,
            exchange=exchange,
            chain=chain,
            follower=self.stream.tap,
            url=settings.base_url,
            on_taken=self.fee.reload,
        )
        self.forwarder = Forwarder(self.sequencer, self.site)
        self.limits = Limits.of(
            address_points_per_s=settings.address_points_per_s, account_points_per_s=settings.account_points_per_s
        )
        self.market = Market(
            database=self.database,
            clock=self.clock,
            deployment=self.deployment,
            operator=self.operator,
            chain=chain,
            not_selling=not_selling,
            owners_of=PersonKeys.at(settings.data_dir / "person-keys.secret").names_of,
            check_gift=self._check_gift,
            wallet_accepts=Node(self.w3).wallet_accepts,
            charge=lambda account: self.limits.take_account(account, COSTS["POST", "/orders"]),
            sequencer=self.sequencer,
        )
        confirmations = confirmations_of(settings, self.deployment)
        self.indexer = Indexer(
            self.database,
            self.w3,
            self.deployment,
            projections(self.deployment, self.fee),
            confirmations=confirmations,
            funds_listeners=[self.market.on_funds_changed],
            fence=self.sequencer.ownership.require,
        )
        sender = Sender(self.database, self.w3, self.operator, self.clock, self.deployment, confirmations=confirmations)
        self.worker = Worker(self.database, sender, self.indexer, self.clock, is_ours=self._owns)
        keys = LedgerKeys.at(settings.data_dir / "ledger-keys.json")
        self.books = books_of_all_rooms(Books.on_chain(keys, self.deployment.chain_id))
        self._make_loops()

    def _make_stream(self, chain: ChainView) -> Stream:
        """The market's stream, with what the rooms above the market tell an account."""
        return Stream(
            database=self.database,
            clock=self.clock,
            exchange=self.deployment.domain("Exchange"),
            chain=chain,
            fees_of=fees_of_trades,
            more={Topic.GIFTS: GiftsChannel},
        )

    def _make_loops(self) -> None:
        """What is done again and again; all but the first two while this process owns the market."""
        settler = Settler(self.database, self.contracts, self.market, self.clock)
        self.checkpointing = checkpointing(self.database, self.clock)
        self.collecting = collecting(self.sequencer.rest, self.clock)
        self.settling = self._loop("settler", settler.step, SETTLE_EVERY)
        self.closing = self._loop("closing", self._close_overdue, CLOSE_EVERY)
        self.cancelling = self._loop("cancelling", self._cancel_reversed, CANCEL_EVERY)
        self.drawing = self._loop("drawing", self._advance_draws, DRAW_EVERY)
        self.tending = self._loop("tending", self._tend_giving, TEND_EVERY)
        self._journal_heads = Anchoring(self.database, self.contracts)
        self.anchoring = self._loop("anchoring", self._anchor_journal, ANCHOR_EVERY)
        self._extracts = Extracting(self.database, self.deployment.domain("Exchange"))
        self.extracting = self._loop("extracting", self._extracts.step, EXTRACT_EVERY)

    def _owns(self) -> bool:
        return self.sequencer.owns

    def _loop(self, name: str, step: Callable[[], Report], poll: timedelta) -> Loop:
        """Of the process that owns the market: the others' loops stand by."""
        return Loop(name, step, self.clock, poll, is_ours=self._owns)

    def _close_overdue(self) -> Closed:
        """Who did not submit a vintage in time has it closed with what is there."""
        return close_overdue(self.database, self.books, self.clock.now())

    def _cancel_reversed(self) -> Cancelled:
        """What the registrar recorded as minted wrongly is cancelled from the buffers at once."""
        return cancel_reversed(self.database, self.contracts, self.clock.now())

    def _advance_draws(self) -> Advanced:
        """A draw's block is noted when it is there; who did not reveal in time is left out."""
        return advance(self.database, self._find_block, self.clock.now())

    def _anchor_journal(self) -> Anchored:
        """The journal's head of each day that is over goes to the chain."""
        return self._journal_heads.step(self.clock.now())

    def _tend_giving(self) -> Tended:
        """Campaigns are decided in time, leftovers retired, pledges drawn, aid rounds concluded."""
        return tend(self.database, self.contracts, self._find_block, self.clock.now())

    def _find_block(self, from_s: int) -> Header | None:
        """The block that a draw or an aid round named by its time."""
        return first_block_from(Node(self.w3), from_s, confirmations_of(self.settings, self.deployment))

    def _is_registrar(self, address: str) -> bool:
        """As the chain says now; a role that begins later does not count."""
        held, delay_s = self.contracts.governance.functions.hasRole(REGISTRAR_ROLE, address).call()
        return bool(held) and delay_s == 0

    def _check_gift(self, campaign_id: int, expiry: int) -> None:
        """An order that gives must not bust its counterparty's trade: its campaign takes gifts as long as it stands."""
        with self.database.read() as session:
            require_open_until(session, campaign_id, self.clock.now(), expiry)

    def start(self) -> None:
        """Erasures first: what a crash or a restored backup left undone. Then the market, so that what the index says
        of funds finds it listening.
        """
        finish_erasures(self.database, self.books, self.clock.now())
        self.sequencer.start()
        self.checkpointing.start()
        self.collecting.start()
        self.worker.start()
        self.settling.start()
        self.closing.start()
        self.cancelling.start()
        self.drawing.start()
        self.tending.start()
        self.anchoring.start()
        self.extracting.start()

    def stop(self) -> None:
        """In the reverse order; each finishes its step."""
        self.extracting.stop(STOP_TIMEOUT)
        self.anchoring.stop(STOP_TIMEOUT)
        self.tending.stop(STOP_TIMEOUT)
        self.drawing.stop(STOP_TIMEOUT)
        self.cancelling.stop(STOP_TIMEOUT)
        self.closing.stop(STOP_TIMEOUT)
        self.settling.stop(STOP_TIMEOUT)
        self.worker.stop(STOP_TIMEOUT)
        self.sequencer.stop()
        self.collecting.stop(STOP_TIMEOUT)
        self.checkpointing.stop(STOP_TIMEOUT)
        self.database.close()

    def _check_chain(self) -> None:
        found = network_of(self.w3)
        if found != self.deployment.network:
            raise WrongNetwork(found, self.deployment.network)

    def _check_link(self) -> None:
        status = self.worker.status()
        if not status.ready or status.indexed_block is None:
            raise LinkNotReady(status.indexer.problem or status.sender.problem or "the index has not begun yet")

    def _check_market(self) -> None:
        if not self.sequencer.is_running:
            raise MarketStopped
        if not self.sequencer.owns and self.sequencer.ownership.owner() is None:
            raise MarketUnowned

    def _check_stream(self) -> None:
        if not self.stream.is_running:
            raise StreamStopped

    def _differences(self) -> list[Finding]:
        return reconcile(self.database, self.w3, self.deployment)

    def app(self) -> FastAPI:
        """The HTTP side."""
        witness = Witness(self.contracts, confirmations_of(self.settings, self.deployment))
        state = {
            "database": self.database,
            "clock": self.clock,
            "deployment": self.deployment,
            "site": self.site,
            "market": self.market,
            "stream": self.stream,
            "limits": self.limits,
            "api_keys": ApiKeys.at(self.settings.data_dir / "api-keys.secret"),
            "books": self.books,
            "contracts": self.contracts,
            "operator": self.operator,
            "is_registrar": self._is_registrar,
            "wallet_accepts": Node(self.w3).wallet_accepts,
            "operations": Operations(self.worker.status, self._differences),
            "certifier": Certifier(witness, self.database, self.clock, self.site.origins[0]),
        }
        checks = {
            "chain": self._check_chain,
            "database": database_check(self.database),
            "index": self._check_link,
            "market": self._check_market,
            "stream": self._check_stream,
        }
        facts = facts_of(self.database, self.w3, self.deployment, self.settings.deployment_path)
        app = create_app(state, ROUTERS, checks, start_facts=facts, forwarder=self.forwarder)
        app.router.lifespan_context = self._lifespan
        return app

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        self.start()
        await self.stream.start()
        ease_interpreter()
        try:
            yield
        finally:
            await self.stream.stop()
            await self.forwarder.close()
            self.stop()


def confirmations_of(settings: Settings, deployment: Deployment) -> int:
    """As set; otherwise 0 on the local chain, which makes blocks only for transactions, and 12 elsewhere."""
    if settings.confirmations is not None:
        return settings.confirmations
    return 0 if deployment.chain_id == LOCAL_CHAIN_ID else PUBLIC_CONFIRMATIONS


def operator_of(settings: Settings, deployment: Deployment) -> Signer:
    """The operator's key: from its keystore; without one the development key, on the local chain only.

    Raises KeystoreUnreadable, DevKeyRefused.
    """
    keystore, password = settings.operator_keystore, settings.operator_password_file
    if keystore is not None and password is not None:
        if not password.exists():
            raise KeystoreUnreadable(password)
        return signer_from_keystore(keystore, password.read_text().rstrip("\n"))
    require_dev_chain(deployment.chain_id)
    return dev_signer(DevRole.OPERATOR)


def serve(settings: Settings) -> None:
    """Serves on 127.0.0.1 until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # paths and queries tell of people
    if not is_built():
        logging.getLogger(__name__).warning(str(PagesNotBuilt()))
    app = Tanyu(settings).app()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port,
        http=order_lane(app),
        log_config=None,
        access_log=False,  # for the same reason
        ws_max_size=STREAM_FRAME_BYTES_MAX,
        ws_per_message_deflate=False,  # a frame for many is made once; each connection would compress it again
    )
