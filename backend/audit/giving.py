"""INV-06: a donation leaves a campaign only as a retirement, a grant or a refund; totals equal the donations."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.audit.campaign import (
    AID,
    FAILED,
    KEEP_WHAT_YOU_RAISE,
    OPEN,
    RETIRE_POOL,
    SUCCEEDED,
    WINDOW_END_MAX_S,
    Campaign,
    Item,
    Pocket,
    items_of,
)
from backend.audit.holdings import NOBODY, Holdings
from backend.audit.permissions import Permissions
from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.reverts import reason_name

CAMPAIGN = Check(
    "INV-06",
    "giving.campaign",
    "a campaign is opened by a listed charity, and decided once: after its window, or delisted",
)
GIFT = Check("INV-06", "giving.gift", "a gift is booked when its credits arrive, in the window, for its own donor")
EXIT = Check(
    "INV-06", "giving.exit", "credits leave only as a retirement, a grant or a refund to their donor, as allowed"
)
TOTALS = Check("INV-06", "giving.totals", "donated = held + retired + granted + refunded, per campaign, after each act")
HELD = Check("INV-06", "giving.held", "Charity's balance of a class is the sum of what campaigns hold of it")
SKIPS = Check("INV-06", "giving.skips", "each grant and refund happens, or is skipped for a reason that held")

CHECKS = (CAMPAIGN, GIFT, EXIT, TOTALS, HELD, SKIPS)


@dataclass
class Giving:
    """Campaigns and gifts, from Charity's events.

    `pockets` by campaign, then by class in the order of their first gifts; `gifts` by (campaign, donor, class);
    `seconds`: second signers of listed charities; `wallets`: where donors have their refunds paid.
    """

    deployment: Deployment
    verdicts: Verdicts
    holdings: Holdings
    permissions: Permissions
    listed: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, str] = field(default_factory=dict)
    wallets: dict[str, str] = field(default_factory=dict)
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    pockets: defaultdict[int, dict[int, Pocket]] = field(default_factory=lambda: defaultdict(dict))
    held_of_class: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    gifts: defaultdict[tuple[int, str, int], int] = field(default_factory=lambda: defaultdict(int))
    refs: set[bytes] = field(default_factory=set)
    paused: bool = False
    _due: deque[Item] = field(default_factory=deque)
    _legs: set[int] = field(default_factory=set)
    _touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._handlers: dict[str, Callable[[ChainEvent, Act], None]] = {
            "CharityListed": self._charity_listed,
            "CampaignOpened": self._opened,
            "CampaignClosedEarly": self._closed_early,
            "CampaignFinalised": self._finalised,
            "Donated": self._donated,
            "CampaignRetired": self._campaign_retired,
            "Granted": self._granted,
            "RefundDirected": self._refund_directed,
            "Refunded": self._refunded,
            "GrantSkipped": self._grant_skipped,
            "RefundSkipped": self._refund_skipped,
            "Paused": self._set_paused,
            "Unpaused": self._set_paused,
        }

    def begin(self, act: Act) -> None:
        """Each grant and refund called has one outcome."""
        self._legs, self._touched = set(), set()
        self._due = deque(item for call in act.calls_of("Charity", "grant", "refund") for item in items_of(call))
        outcomes = act.events_of("Charity", "Granted", "GrantSkipped", "Refunded", "RefundSkipped")
        if self._due or outcomes:
            self.verdicts.require_equal(
                SKIPS, "outcomes of grants and refunds", act.where, expected=len(self._due), found=len(outcomes)
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        handler = self._handlers.get(event.name) if event.contract == "Charity" else None
        if handler is not None:
            if "campaignId" in event.args:
                self._touched.add(event.args["campaignId"])
            handler(event, act)

    def _next(self, event: ChainEvent, **said: object) -> Item | None:
        """The grant or refund called that an outcome is due for: outcomes come in the order of the call."""
        item = self._due.popleft() if self._due else None
        due = None if item is None else {name: getattr(item, name) for name in said}
        self.verdicts.require_equal(SKIPS, event.name, Where.of(event), expected=due, found=said)
        return item

    def _campaign_of(self, event: ChainEvent) -> Campaign:
        campaign_id = event.args["campaignId"]
        self.verdicts.require(
            CAMPAIGN,
            campaign_id in self.campaigns,
            f"campaign {campaign_id} of {event.name}",
            Where.of(event),
            expected="an opened campaign",
            found="none",
        )
        return self.campaigns.setdefault(campaign_id, Campaign(NOBODY, RETIRE_POOL, KEEP_WHAT_YOU_RAISE, 0, 0, 0))

    def _charity_listed(self, event: ChainEvent, _act: Act) -> None:
        self.listed[event.args["charity"]] = event.args["listed"]
        self.seconds[event.args["charity"]] = event.args["secondSigner"]

    def _refund_directed(self, event: ChainEvent, _act: Act) -> None:
        self.wallets[event.args["donor"]] = event.args["to"]

    def _set_paused(self, event: ChainEvent, _act: Act) -> None:
        self.paused = event.name == "Paused"

    def _opened(self, event: ChainEvent, act: Act) -> None:
        args, where = event.args, Where.of(event)
        in_order = args["campaignId"] == len(self.campaigns) + 1
        by_itself = args["charity"] in {call.caller for call in act.calls_of("Charity", "openCampaign")}
        window = args["opens"] < args["closes"] and act.at_s < args["closes"] <= act.at_s + WINDOW_END_MAX_S
        self.verdicts.require(
            CAMPAIGN,
            in_order and by_itself and window and self.listed.get(args["charity"], False) and not self.paused,
            f"campaign {args['campaignId']}",
            where,
            expected=f"campaign {len(self.campaigns) + 1}, by a listed charity, its window ahead, not while paused",
            found=f"{args['charity']}, itself: {by_itself}, [{args['opens']}, {args['closes']}) at {act.at_s}",
        )
        facts = [args[name] for name in ("charity", "kind", "funding", "opens", "closes", "target")]
        self.campaigns[args["campaignId"]] = Campaign(*facts)

    def _closed_early(self, event: ChainEvent, act: Act) -> None:
        campaign, campaign_id = self._campaign_of(event), event.args["campaignId"]
        callers = {call.caller for call in act.calls_of("Charity", "closeEarly")}
        expected: list[object] = [OPEN, True, act.at_s, True]
        found: list[object] = [
            campaign.state,
            act.at_s < campaign.closes_s,
            event.args["closes"],
            campaign.charity in callers,
        ]
        subject = f"early close of campaign {campaign_id}"
        self.verdicts.require_equal(CAMPAIGN, subject, Where.of(event), expected=expected, found=found)
        campaign.closes_s = event.args["closes"]

    def _finalised(self, event: ChainEvent, act: Act) -> None:
        campaign = self._campaign_of(event)
        donated = sum(pocket.donated for pocket in self.pockets[event.args["campaignId"]].values())
        reached = campaign.funding == KEEP_WHAT_YOU_RAISE or donated >= campaign.target
        listed = self.listed.get(campaign.charity, False)
        expected: list[object] = [OPEN, True, SUCCEEDED if reached and listed else FAILED]
        found: list[object] = [campaign.state, act.at_s >= campaign.closes_s or not listed, event.args["state"]]
        subject = f"decision on campaign {event.args['campaignId']}"
        self.verdicts.require_equal(CAMPAIGN, subject, Where.of(event), expected=expected, found=found)
        campaign.state = event.args["state"]

    def _pocket_of(self, event: ChainEvent) -> Pocket:
        return self.pockets[event.args["campaignId"]].setdefault(event.args["classId"], Pocket())

    def _add_held(self, event: ChainEvent, grams: int) -> None:
        self._pocket_of(event).held += grams
        self.held_of_class[event.args["classId"]] += grams

    def _donated(self, event: ChainEvent, act: Act) -> None:
        args, campaign = event.args, self._campaign_of(event)
        arrival = self._arrival(event, act)
        in_window = campaign.state == OPEN and campaign.opens_s <= act.at_s < campaign.closes_s
        self.verdicts.require(
            GIFT,
            arrival
            and in_window
            and self.listed.get(campaign.charity, False)
            and args["amount"] > 0
            and not self.paused,
            f"gift of {args['donor']}",
            Where.of(event),
            expected="credits arriving for an open campaign of a listed charity, named by their owner or our contracts",
            found=f"{args['amount']} g, arrived: {arrival}, in its window: {in_window}",
        )
        self._pocket_of(event).donated += args["amount"]
        self.gifts[args["campaignId"], args["donor"], args["classId"]] += args["amount"]
        self._add_held(event, args["amount"])

    def _arrival(self, event: ChainEvent, act: Act) -> bool:
        """Whether the event before is the transfer that brought the gift."""
        before = act.predecessor(event)
        if before is None or before.name != "TransferSingle":
            return False
        move, args = before.args, event.args
        trusted = move["from"] == args["donor"] or self.permissions.registered.get(move["operator"], False)
        brought = (move["to"], move["id"], move["value"])
        self._legs.add(before.log_index)
        return trusted and brought == (self.deployment.address("Charity"), args["classId"], args["amount"])

    def _leave(self, event: ChainEvent, act: Act, holds: bool, legs: list[dict[str, Any]]) -> None:
        """An exit: allowed now, covered by what is held, and followed by exactly its token events."""
        args = event.args
        held = self._pocket_of(event).held
        followers = act.followers(event, len(legs))
        self._legs.update(item.log_index for item in followers)
        found = [dict(item.args) for item in followers if item.contract == "CarbonCredit"]
        self.verdicts.require(
            EXIT,
            holds and bool(legs) == (args["amount"] > 0) and args["amount"] <= held and found == legs,
            f"{event.name} of campaign {args['campaignId']}",
            Where.of(event),
            expected=f"allowed, at most {held}, then {legs}",
            found=f"allowed: {holds}, {args['amount']}, then {found}",
        )
        self._add_held(event, -args["amount"])

    def _move(self, event: ChainEvent, receiver: str) -> dict[str, Any]:
        charity = self.deployment.address("Charity")
        amounts = {"id": event.args["classId"], "value": event.args["amount"]}
        return {"operator": charity, "from": charity, "to": receiver, **amounts}

    def _retirement(self, event: ChainEvent, beneficiary: str, purpose: str, ref: bytes) -> dict[str, Any]:
        amounts = {"classId": event.args["classId"], "amount": event.args["amount"]}
        account = self.deployment.address("Charity")
        return {"account": account, "beneficiary": beneficiary, **amounts, "purpose": purpose, "ref": ref}

    def _campaign_retired(self, event: ChainEvent, act: Act) -> None:
        campaign, campaign_id = self._campaign_of(event), event.args["campaignId"]
        callers = {
            call.caller for call in act.calls_of("Charity", "retireEarly") if call.args["campaignId"] == campaign_id
        }
        early = campaign.kind == RETIRE_POOL and campaign.early and campaign.charity in callers
        early = early and self.listed.get(campaign.charity, False) and not self.paused
        holds = early or campaign.may_retire_held(act.at_s)
        words = self._retirement(event, campaign.charity, "charity", campaign_id.to_bytes(32))
        self._leave(event, act, holds, [self._move(event, NOBODY), words])
        self._pocket_of(event).retired += event.args["amount"]

    def _granted(self, event: ChainEvent, act: Act) -> None:
        campaign, args, ref = self._campaign_of(event), event.args, event.args["ref"]
        item = self._next(
            event, campaign_id=args["campaignId"], class_id=args["classId"], ref=ref, amount_gco2e=args["amount"]
        )
        holds = (
            campaign.kind == AID
            and (campaign.state == SUCCEEDED or campaign.early)
            and self.listed.get(campaign.charity, False)
        )
        holds = holds and ref not in self.refs and not self.paused
        holds = holds and item is not None and item.caller == campaign.charity
        words = self._retirement(event, self.deployment.address("Charity"), "grant", ref)
        self._leave(event, act, holds, [self._move(event, NOBODY), words])
        self.refs.add(ref)
        self._pocket_of(event).granted += event.args["amount"]

    def _refunded(self, event: ChainEvent, act: Act) -> None:
        campaign, args = self._campaign_of(event), event.args
        key = (args["campaignId"], args["donor"], args["classId"])
        self._next(event, campaign_id=key[0], donor=key[1], class_id=key[2])
        pocket, gift = self._pocket_of(event), self.gifts[key]
        holds = campaign.state == FAILED and gift > 0 and pocket.refund_of(gift) == args["amount"]
        wallet = self.wallets.get(args["donor"], NOBODY)
        receiver = args["donor"] if wallet == NOBODY else wallet
        self._leave(event, act, holds, [self._move(event, receiver)] if args["amount"] else [])
        self.gifts[key] = 0
        pocket.refunded += args["amount"]
        pocket.answered += gift

    def _grant_skipped(self, event: ChainEvent, _act: Act) -> None:
        item = self._next(event, campaign_id=event.args["campaignId"], index=event.args["index"])
        if item is None:
            return
        held = self.pockets[item.campaign_id].get(item.class_id, Pocket()).held
        against = {
            "AmountZero": item.amount_gco2e == 0,
            "GrantRefUsed": item.ref in self.refs,
            "HeldInsufficient": item.amount_gco2e > held,
        }
        reasons = sorted(reason for reason, holds in against.items() if holds)
        found = reason_name(event.args["reason"])
        self.verdicts.require(
            SKIPS, found in reasons, f"grant {item.index}", Where.of(event), expected=reasons, found=found
        )

    def _refund_skipped(self, event: ChainEvent, _act: Act) -> None:
        item = self._next(event, campaign_id=event.args["campaignId"], index=event.args["index"])
        if item is None:
            return
        empty = self.gifts.get((item.campaign_id, item.donor, item.class_id), 0) == 0
        found = reason_name(event.args["reason"])
        self.verdicts.require(
            SKIPS,
            (found == "NothingToRefund") == empty,
            f"refund {item.index}",
            Where.of(event),
            expected="NothingToRefund" if empty else "a refusal of the donor's wallet",
            found=found,
        )

    def end(self, act: Act) -> None:
        """Totals of the campaigns touched, Charity's balance, and that nothing moved but gifts and exits."""
        charity = self.deployment.address("Charity")
        for move in self.holdings.credit_moved:
            if charity in {move.sender, move.receiver}:
                self.verdicts.require(
                    EXIT if move.sender == charity else GIFT,
                    move.where.log_index in self._legs,
                    "credits of Charity",
                    move.where,
                    expected="a gift, a retirement, a grant or a refund",
                    found=f"{move.amount_gco2e} g from {move.sender} to {move.receiver}",
                )
                balance = self.holdings.credits[charity, move.class_id]
                subject = f"Charity in class {move.class_id}"
                held = self.held_of_class[move.class_id]
                self.verdicts.require_equal(HELD, subject, act.where, expected=held, found=balance)
        for campaign_id in sorted(self._touched):
            pockets = self.pockets[campaign_id].values()
            donated, found = sum(p.donated for p in pockets), sum(p.held + p.out for p in pockets)
            self.verdicts.require_equal(TOTALS, f"campaign {campaign_id}", act.where, expected=donated, found=found)

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Every charity, campaign, holding, gift and grant reference an event ever mentioned."""
        for charity, listed in self.listed.items():
            yield Question("Charity", "isListed", (charity,), (listed,))
            yield Question("Charity", "secondSignerOf", (charity,), (self.seconds[charity],))
        for donor, wallet in self.wallets.items():
            yield Question("Charity", "refundWalletOf", (donor,), (wallet,))
        yield Question("Charity", "campaignCount", (), (len(self.campaigns),))
        yield Question("Charity", "paused", (), (self.paused,))
        for campaign_id, campaign in self.campaigns.items():
            pockets = self.pockets[campaign_id]
            yield Question("Charity", "campaignOf", (campaign_id,), (campaign.row(list(pockets.values())),))
            yield Question("Charity", "classesOf", (campaign_id,), (list(pockets),))
            for class_id, pocket in pockets.items():
                yield Question("Charity", "pocketOf", (campaign_id, class_id), (pocket.row,))
                yield Question("Charity", "heldOf", (campaign_id, class_id), (pocket.held,))
        for (campaign_id, donor, class_id), grams in self.gifts.items():
            yield Question("Charity", "donatedOf", (campaign_id, donor, class_id), (grams,))
        for ref in sorted(self.refs):
            yield Question("Charity", "grantRefUsed", (ref,), (True,))
