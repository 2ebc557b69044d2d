"""A market with a real database and journal, a chain that is a dictionary, and four traders with development keys."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from secrets import randbelow

from sqlmodel import Session

from backend.access.limits import COSTS, Limits
from backend.chain.class_id import pack
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.typed_data import Domain, digest, sign
from backend.kernel.clock import FixedClock, unix_s
from backend.kernel.errors import RuleViolated
from backend.market.funding import Refunding
from backend.market.funds import ChainView
from backend.market.instructions import PLAIN, Instructions
from backend.market.listing import list_class
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.market.rules import ClassRules
from backend.market.schedule import Draw
from backend.market.sequencer import Follower, Sequencer
from backend.market.service import Ack, Market
from backend.storage.database import Database

CLASS_ID = pack("CN-SC", 2025, "SIM")
OTHER_CLASS_ID = pack("US-CA", 2025, "SIM")
EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
PAYMENT = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
DEPLOYMENT = Deployment(31337, "0x" + "11" * 32, 0, {"Exchange": EXCHANGE, "PaymentToken": PAYMENT}, {})
DOMAIN = DEPLOYMENT.domain("Exchange")
OPERATOR = dev_signer(DevRole.OPERATOR)
ANA, BO, CHEN, DANA = (dev_signer(10 + index) for index in range(4))
START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@dataclass
class FakeBalances:
    """What `backend.link.balances` would read. Rich and approved unless told otherwise."""

    credits: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(lambda: 10**12))
    unapproved: set[str] = field(default_factory=set)
    payments: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 10**18))
    allowances: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 10**18))
    epochs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cancelled: set[tuple[str, int]] = field(default_factory=set)

    def credit_balance(self, session: Session, account: str, class_id: int) -> int:
        return self.credits[account, class_id]

    def credit_approved(self, session: Session, account: str, operator: str) -> bool:
        return operator == EXCHANGE and account not in self.unapproved

    def payment_balance(self, session: Session, account: str) -> int:
        return self.payments[account]

    def payment_allowance(self, session: Session, account: str, spender: str) -> int:
        return self.allowances[account] if spender == EXCHANGE else 0

    def maker_epoch(self, session: Session, account: str) -> int:
        return self.epochs[account]

    def number_cancelled(self, session: Session, account: str, number: int) -> bool:
        return (account, number) in self.cancelled

    def any_number_cancelled(self, session: Session, account: str) -> bool:
        return any(account == cancelling for cancelling, _ in self.cancelled)


class NoSuchCampaign(RuleViolated):
    """What the giving room would say."""

    code = "campaign.not_open"


@dataclass
class World:
    """One running market."""

    database: Database
    balances: FakeBalances = field(default_factory=FakeBalances)
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    fee_bps: int = 30
    minors: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    """Account -> the person it belongs to, by whatever name."""
    wallets: set[tuple[str, bytes]] = field(default_factory=set)
    """(account, signature): what wallets take for theirs."""
    asked: list[str] = field(default_factory=list)
    """The accounts whose wallets were asked."""
    limits: Limits | None = None
    campaigns: dict[int, int] = field(default_factory=dict)
    """When each campaign closes, in Unix seconds."""
    is_remembering: bool = False
    """Whether the sequencer remembers what the chain says for as long as `block` is the same."""
    block: int = 1
    is_listed: bool = False
    """Whether the classes are in the database already."""
    follower: Follower | None = None
    url: str | None = None
    """Where it answers over HTTP, if it does."""
    draw: Draw = randbelow
    """What ends auctions and chooses the seconds in which spreads are looked at."""
    market: Market = field(init=False)

    def __post_init__(self) -> None:
        if not self.is_listed:
            with self.database.write() as session:
                for class_id in (CLASS_ID, OTHER_CLASS_ID):
                    list_class(session, ClassRules(class_id), self.clock.now())
        self.market = self.new_market()

    @property
    def chain(self) -> ChainView:
        """What the market sees of the chain."""
        if self.is_remembering:
            return ChainView.remembering(self.balances, EXCHANGE, lambda: self.fee_bps, lambda _session: self.block)
        return ChainView(self.balances, EXCHANGE, lambda: self.fee_bps)

    def new_market(self, inbox_size: int = 4096) -> Market:
        """A market over the same database, not started."""
        chain = self.chain
        return Market(
            database=self.database,
            clock=self.clock,
            deployment=DEPLOYMENT,
            operator=OPERATOR,
            chain=chain,
            not_selling=lambda _session, accounts: self.minors & set(accounts),
            owners_of=lambda _session, _accounts: self.owners,
            check_gift=self.check_gift,
            wallet_accepts=self.wallet_accepts,
            charge=self.charge,
            sequencer=Sequencer(
                database=self.database,
                clock=self.clock,
                exchange=DOMAIN,
                chain=chain,
                inbox_size=inbox_size,
                follower=self.follower,
                url=self.url,
                draw=self.draw,
            ),
        )

    def check_gift(self, campaign_id: int, expiry: int) -> None:
        if expiry > self.campaigns.get(campaign_id, 0):
            raise NoSuchCampaign(f"campaign {campaign_id}")

    def wallet_accepts(self, account: str, _digest: bytes, signature: bytes) -> bool:
        self.asked.append(account)
        return (account, signature) in self.wallets

    def charge(self, account: str) -> None:
        if self.limits is not None:
            self.limits.take_account(account, COSTS["POST", "/orders"])

    def start(self) -> None:
        self.market.sequencer.start()

    def stop(self) -> None:
        self.market.sequencer.stop()

    def restart(self) -> None:
        """A new process over the same database."""
        self.stop()
        self.market = self.new_market()
        self.start()

    def number(self, maker: Signer) -> int:
        """A fresh number of this maker."""
        return self.market.lease_numbers(maker.address, 1).first

    def order(self, maker: Signer, side: Side, lots: int, price_per_kg: int, **changes: object) -> SignedOrder:
        """A good order for an hour, with changes; takes a fresh number unless one is given."""
        made = SignedOrder(
            maker=maker.address,
            beneficiary=maker.address,
            class_id=CLASS_ID,
            side=side,
            amount_gco2e=lots * 1000,
            price_per_kg=price_per_kg,
            max_fee_bps=100,
            expiry=unix_s(self.clock.now()) + 3600,
            number=0 if "number" in changes else self.number(maker),
            epoch=0,
            action=Action.HOLD,
            ref=ZERO_REF,
        )
        return replace(made, **changes)  # type: ignore[arg-type] # tests name fields of the order

    def place(self, maker: Signer, order: SignedOrder, instructions: Instructions = PLAIN) -> Ack:
        """Signs and places."""
        return self.market.place(order, signed(maker, order), instructions)

    def sell(self, maker: Signer, lots: int, price_per_kg: int, **changes: object) -> Ack:
        return self.place(maker, self.order(maker, Side.SELL, lots, price_per_kg, **changes))

    def buy(self, maker: Signer, lots: int, price_per_kg: int, **changes: object) -> Ack:
        return self.place(maker, self.order(maker, Side.BUY, lots, price_per_kg, **changes))

    def refund(self, *makers: Signer) -> int:
        """Lets the market hear of changed funds, and waits."""
        return self.market.sequencer.call(Refunding(frozenset(maker.address for maker in makers)))

    def state_digest(self) -> bytes:
        return self.market.sequencer.ask(lambda engine, _sequence: engine.state_digest())


def signed(maker: Signer, order: SignedOrder, domain: Domain = DOMAIN) -> bytes:
    """The maker's signature."""
    return sign(maker, "Order", domain, order.message())


def hash_of(order: SignedOrder) -> bytes:
    """The order's id."""
    return digest("Order", DOMAIN, order.message())
