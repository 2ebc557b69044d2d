"""Standing pledges: each draw as signed, and within the share of what the donor sold, which no contract can know.

The rule of the share: of a pledge of less than 10,000 basis points, all that was ever drawn is at most that share of
the grams of its class that its donor sold (as seller of a Filled) from the pledge's start up to the draw, rounded down.
A pledge of 10,000 means all that is left: it is bound by its maximum and its time alone.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.signed import is_signed
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.typed_data import digest, struct_hash
from backend.kernel.mass import LOT_GCO2E

SIGNED = Check("INV-08", "pledges.signed", "a draw is under a pledge that its donor signed, in its time")
DRAW = Check("INV-08", "pledges.draw", "a draw is told after its gift, within the maximum, under a number that stands")
SHARE = Check("INV-08", "pledges.share", "what is drawn is at most its share of what the donor sold since its start")

CHECKS = (SIGNED, DRAW, SHARE)

ALL_BPS = 10_000
TAG_BYTES = 24


@dataclass
class Sales:
    """What an account sold of a class: times ascending, and the sums of grams up to each."""

    times_s: list[int] = field(default_factory=list)
    sums_gco2e: list[int] = field(default_factory=lambda: [0])

    def add(self, at_s: int, grams: int) -> None:
        """Another sale."""
        self.times_s.append(at_s)
        self.sums_gco2e.append(self.sums_gco2e[-1] + grams)

    def since(self, start_s: int) -> int:
        """Grams sold from a time on."""
        return self.sums_gco2e[-1] - self.sums_gco2e[bisect_left(self.times_s, start_s)]


@dataclass
class Pledges:
    """What was drawn, by (donor, number), under which pledge's struct hash; and who sold what."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers
    drawn: dict[tuple[str, int], tuple[int, bytes]] = field(default_factory=dict)
    used: set[tuple[str, int]] = field(default_factory=set)
    sales: defaultdict[tuple[str, int], Sales] = field(default_factory=lambda: defaultdict(Sales))
    _called: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)

    def begin(self, act: Act) -> None:
        """The pledges drawn under, by their struct hash."""
        self._called = {}
        for call in act.calls_of("Charity", "drawPledge"):
            pledge = call.args["pledge"]
            self._called[struct_hash("Pledge", pledge)] = pledge
            signed = digest("Pledge", self.deployment.domain("Charity"), pledge)
            in_time = pledge["start"] <= act.at_s < pledge["expiry"]
            self.verdicts.require(
                SIGNED,
                in_time and is_signed(self.answers, act.block_number, pledge["donor"], signed, call.args["signature"]),
                f"pledge of {pledge['donor']}",
                act.where,
                expected=f"signed by {pledge['donor']}, for [{pledge['start']}, {pledge['expiry']})",
                found=f"at {act.at_s}",
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        if (event.contract, event.name) == ("Exchange", "Filled"):
            sold = self.sales[event.args["seller"], event.args["classId"]]
            sold.add(act.at_s, event.args["lots"] * LOT_GCO2E)
        elif (event.contract, event.name) == ("Charity", "NumberUsed"):
            self.used.add((event.args["account"], event.args["number"]))
        elif (event.contract, event.name) == ("Charity", "PledgeDrawn"):
            self._drawn(event, act)

    def _drawn(self, event: ChainEvent, act: Act) -> None:
        args, where = event.args, Where.of(event)
        key = (args["donor"], args["number"])
        before, tag = self.drawn.get(key, (0, args["structHash"]))
        total = before + args["amount"]
        self.drawn[key] = (total, args["structHash"])
        pledge = self._called.get(args["structHash"])
        holds = pledge is not None and self._follows_its_gift(event, act, pledge)
        holds = holds and key not in self.used and tag[:TAG_BYTES] == args["structHash"][:TAG_BYTES]
        most = 0 if pledge is None else pledge["maxAmountGco2e"]
        self.verdicts.require(
            DRAW,
            holds and total <= most,
            f"draw of {args['donor']}",
            where,
            expected=f"a called pledge, right after its gift, under a number that stands, at most {most} g in all",
            found=f"{total} g under number {args['number']}",
        )
        if pledge is not None and pledge["shareBps"] < ALL_BPS:
            sold = self.sales[args["donor"], pledge["classId"]].since(pledge["start"])
            share = sold * pledge["shareBps"] // ALL_BPS
            self.verdicts.require(
                SHARE,
                total <= share,
                f"pledge {args['number']} of {args['donor']}",
                where,
                expected=f"at most {share} g: {pledge['shareBps']} basis points of {sold} g sold",
                found=f"{total} g",
            )

    @staticmethod
    def _follows_its_gift(event: ChainEvent, act: Act, pledge: Mapping[str, Any]) -> bool:
        gift = act.predecessor(event)
        if gift is None or (gift.contract, gift.name) != ("Charity", "Donated"):
            return False
        terms = {name: pledge[name] for name in ("donor", "campaignId", "classId")}
        told = (event.args["donor"], event.args["number"]) == (pledge["donor"], pledge["number"])
        return told and dict(gift.args) == terms | {"amount": event.args["amount"]}

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """What was drawn under each number."""
        for key, (total, hashed) in self.drawn.items():
            yield Question("Charity", "drawsOf", key, ((total, hashed[:TAG_BYTES]),))
