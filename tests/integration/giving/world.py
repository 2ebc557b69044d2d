"""Giving on a real chain: people who sign, a server that relays, an index, two charities with their own keys."""

import itertools
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI
from httpx import Response
from web3 import Web3

from backend.access.routes import router as sessions
from backend.access.session import signed_in
from backend.access.site import Site
from backend.api.app import create_app
from backend.chain.contracts import Contracts
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.typed_data import sign
from backend.giving.aid_routes import router as aid
from backend.giving.aid_way import aid_stage
from backend.giving.board_routes import router as boards
from backend.giving.campaign_routes import router as campaigns
from backend.giving.certificate_routes import router as certificates
from backend.giving.certifier import Certifier
from backend.giving.charity_desk import CharityDesk, desk_keys
from backend.giving.charity_routes import router as charity_names
from backend.giving.kinds import CampaignKind, Funding
from backend.giving.owing_routes import router as owing
from backend.giving.pledge_routes import router as pledges
from backend.giving.projection import GivingProjection
from backend.giving.routes import router
from backend.giving.story import Story
from backend.giving.tending import tend
from backend.giving.witness import Witness
from backend.issuance.projection import IssuanceProjection
from backend.kernel.clock import FixedClock
from backend.kernel.digest import to_hex
from backend.ledger.books import Books
from backend.ledger.personhood import LedgerKeys
from backend.ledger.statement_routes import router as statements
from backend.link.balances import balance_projections
from backend.link.indexer import Indexer
from backend.link.named_block import first_block_from
from backend.link.node import Node
from backend.link.outbox import UNFINISHED, intents_in
from backend.link.sender import Sender
from backend.settlement.projection import FillsProjection
from backend.storage.database import Database
from tests.contract.people import CLASS_ID, FAR, People
from tests.web import TestClient

POOL_STORY = Story("A quieter sky", "让天空安静些", "All is retired.", "全部注销。", CampaignKind.RETIRE_POOL, 10_000)
AID_STORY = Story("Winter aid", "冬季帮扶", "For deficits.", "帮助超支者。", CampaignKind.AID, 10_000)
ORIGIN = "http://127.0.0.1:8000"
STEPS_MAX = 600
POLL_S = 0.05


def chain_time(w3: Web3) -> datetime:
    """The latest block's time."""
    return datetime.fromtimestamp(int(w3.eth.get_block("latest")["timestamp"]), UTC)


@dataclass
class World:
    """`relay()` sends what the outbox holds and indexes until nothing moves."""

    w3: Web3
    contracts: Contracts
    database: Database
    clock: FixedClock = field(init=False)
    people: People = field(init=False)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000_000))

    def __post_init__(self) -> None:
        self.clock = FixedClock(chain_time(self.w3))
        self.people = People(self.w3, self.contracts)
        deployment = self.contracts.deployment
        operator = dev_signer(DevRole.OPERATOR)
        self.sender = Sender(self.database, self.w3, operator, self.clock, deployment, confirmations=0)
        self.indexer = Indexer(
            self.database,
            self.w3,
            deployment,
            [
                *balance_projections(deployment),
                IssuanceProjection(),
                FillsProjection(),
                GivingProjection(deployment),
            ],
            confirmations=0,
        )
        self.witness = Witness(self.contracts, confirmations=0)
        self.books = replace(Books.development(LedgerKeys(b"i" * 32, b"p" * 32)), aid_stage=aid_stage)
        self.pool = self.desk(DevRole.POOL_CHARITY)
        self.aid = self.desk(DevRole.AID_CHARITY)

    def desk(self, role: DevRole) -> CharityDesk:
        second = DevRole.AID_CHARITY_SECOND if role == DevRole.AID_CHARITY else DevRole.POOL_CHARITY_SECOND
        keys = desk_keys(dev_signer(role), dev_signer(second), self.contracts)
        return CharityDesk(self.database, self.w3, keys, self.contracts, self.clock)

    def index(self) -> None:
        while self.indexer.step().moved:
            pass

    def relay(self) -> None:
        """Sends and reads until nothing is on its way: a node may mine after it has answered."""
        for _ in range(STEPS_MAX):
            moved = self.sender.step().moved
            self.index()
            with self.database.read() as session:
                if not moved and not intents_in(session, UNFINISHED):
                    return
            time.sleep(0 if moved else POLL_S)
        raise AssertionError(f"still on its way after {STEPS_MAX} steps")

    def tend(self) -> None:
        """What the server does by itself, until it is on the chain and indexed."""
        tend(self.database, self.contracts, lambda from_s: first_block_from(Node(self.w3), from_s, 0), self.clock.at)
        self.relay()

    def open(self, desk: CharityDesk, reference: str, story: Story, funding: Funding, **closes: int) -> int:
        """A campaign that is open now, and known to the index."""
        campaign_id = desk.open_campaign(
            reference,
            story,
            funding=funding,
            opens=self.clock.at - timedelta(days=1),
            closes=self.clock.at + timedelta(**(closes or {"days": 30})),
        )
        self.index()
        return campaign_id

    def pass_time(self, seconds: int) -> None:
        self.w3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]  # anvil's own method
        self.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # as above
        self.clock.at = chain_time(self.w3)

    def pass_time_without_a_block(self, seconds: int) -> None:
        """As on a chain where nobody did anything: only the next block has the new time."""
        self.w3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]  # as above
        self.clock.at = chain_time(self.w3) + timedelta(seconds=seconds)

    def client(self, as_account: str | None = None) -> TestClient:
        """The API; signed in as an account if one is given."""
        app: FastAPI = create_app(
            {
                "database": self.database,
                "clock": self.clock,
                "deployment": self.contracts.deployment,
                "contracts": self.contracts,
                "site": Site.local(8000),
                "wallet_accepts": Node(self.w3).wallet_accepts,
                "certifier": Certifier(self.witness, self.database, self.clock, ORIGIN),
                "books": self.books,
                "is_registrar": lambda address: address == dev_signer(DevRole.REGISTRAR).address,
                "market": SimpleNamespace(fee_bps=0),  # what is owed is told with a market's fee; nobody trades here
            },
            [sessions, router, certificates, charity_names, campaigns, pledges, aid, owing, statements, boards],
            {},
        )
        if as_account is not None:
            app.dependency_overrides[signed_in] = lambda: as_account
        return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)

    def post(self, path: str, body: dict[str, Any]) -> Response:
        answer: Response = self.client().post(path, json=body)
        return answer

    def signed(self, signer: Signer, type_name: str, contract: str, message: dict[str, Any]) -> dict[str, Any]:
        """The JSON of a signed message: its fields and the signature."""
        signature = sign(signer, type_name, self.contracts.deployment.domain(contract), message)
        written = {
            name: to_hex(value) if isinstance(value, bytes) else value if isinstance(value, bool | str) else str(value)
            for name, value in message.items()
        }
        return written | {"signature": to_hex(signature)}

    def retire_body(self, index: int, amount_gco2e: int, by: int | None = None, **changed: Any) -> dict[str, Any]:
        """A retirement of a person for itself; `by` signs in its stead."""
        signer = self.people.person(index if by is None else by)
        return self.signed(signer, "Retire", "CarbonCredit", self.retire_message(index, amount_gco2e) | changed)

    def retire_message(self, index: int, amount_gco2e: int) -> dict[str, Any]:
        """Under a fresh number."""
        person = self.people.person(index)
        return {
            "account": person.address,
            "beneficiary": person.address,
            "classId": CLASS_ID,
            "amountGco2e": amount_gco2e,
            "purpose": "self",
            "ref": bytes(32),
            "number": next(self.numbers),
            "deadline": FAR,
        }

    def receipt_body(self, index: int, amount_gco2e: int, asks: int | None = None, **changed: Any) -> dict[str, Any]:
        """The same with a receipt of it, which the person asks for, or `asks` in its stead."""
        fresh = {"number": next(self.numbers)} | changed
        body = self.retire_body(index, amount_gco2e, **fresh)
        message = self.retire_message(index, amount_gco2e) | fresh
        signer = self.people.person(index if asks is None else asks)
        asked = self.signed(signer, "RetirementReceipt", "RetirementReceipts", message)
        return body | {"receiptSignature": asked["signature"]}

    def donate_body(self, index: int, campaign_id: int, amount_gco2e: int, **changed: Any) -> dict[str, Any]:
        person = self.people.person(index)
        message: dict[str, Any] = {
            "donor": person.address,
            "campaignId": campaign_id,
            "classId": CLASS_ID,
            "amountGco2e": amount_gco2e,
            "receipt": False,
            "number": next(self.numbers),
            "deadline": FAR,
        }
        return self.signed(person, "Donate", "Charity", message | changed)

    def approve_body(self, index: int, operator: str, *, approved: bool = True, **changed: Any) -> dict[str, Any]:
        person = self.people.person(index)
        message: dict[str, Any] = {
            "account": person.address,
            "operator": operator,
            "approved": approved,
            "number": next(self.numbers),
            "deadline": FAR,
        }
        return self.signed(person, "Approve", "CarbonCredit", message | changed)

    def donor(self, index: int, amount_gco2e: int) -> None:
        """A person with credits who has approved the Charity contract."""
        self.people.mint(index, amount_gco2e)
        self.people.approve(index, "Charity")
        self.index()

    def give(self, index: int, campaign_id: int, amount_gco2e: int) -> None:
        """A gift, relayed and indexed."""
        answer = self.post("/donations", self.donate_body(index, campaign_id, amount_gco2e))
        assert answer.status_code == 202, answer.text
        self.relay()

    def campaign(self, campaign_id: int) -> dict[str, Any]:
        answer: dict[str, Any] = self.client().get(f"/campaigns/{campaign_id}").json()
        return answer
