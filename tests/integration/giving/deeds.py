"""Deeds of every kind on a real chain, one after another."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from backend.giving.dedication import Dedication
from backend.giving.grant import Grant
from backend.giving.kinds import Funding
from backend.giving.tables import Movement
from backend.kernel.digest import to_hex
from tests.contract.people import CLASS_ID
from tests.integration.giving.world import AID_STORY, POOL_STORY, World
from tests.unit.giving.chain import a_deficit


@dataclass(frozen=True)
class Deeds:
    """Ids of one deed of each kind; `words` are those that `named` was dedicated with, `receipted` has a receipt."""

    own: str
    named: str
    receipted: str
    pooled: str
    gift: str
    granted: str
    words: Dedication
    pool: int

    @property
    def all(self) -> tuple[str, ...]:
        return (self.own, self.named, self.receipted, self.pooled, self.gift, self.granted)


def made_deeds(world: World) -> Deeds:
    """People retire and give, a campaign retires and grants."""
    for index in (0, 1):
        world.donor(index, 50_000)
    mine, hers = (world.people.person(index).address for index in (0, 1))
    words = Dedication.of("Grandmother Li 李秀兰")

    def retired(grams: int = 12_000, *, receipt: bool = False, **changed: Any) -> str:
        body = (world.receipt_body if receipt else world.retire_body)(0, grams, **changed)
        assert world.post("/retirements", body).status_code == 202
        world.relay()
        return str(world.client(mine).get("/retirements").json()[0]["receiptId"])

    own, named = retired(), retired(purpose="another", beneficiary=hers, ref=words.digest)
    receipted = retired(1_000, receipt=True)
    pool = world.open(world.pool, "pool", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    aid = world.open(world.aid, "aid", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    assert world.post("/donations", world.donate_body(0, pool, 2_500, receipt=True)).status_code == 202
    world.relay()
    world.give(1, aid, 5_000)
    with world.database.write() as session:
        reference = a_deficit(session, 3_000, hers)
    world.aid.grant("grant", aid, CLASS_ID, [Grant(reference, 3_000)])
    world.pool.retire_held("retire", pool, CLASS_ID, 1_000)
    world.index()
    gift = world.client().get(f"/campaigns/{pool}/gifts").json()[0]["receiptId"]
    return Deeds(own, named, receipted, moved(world, "retirement"), gift, moved(world, "grant"), words, pool)


def moved(world: World, kind: str) -> str:
    """The id of a campaign's movement."""
    with world.database.read() as session:
        row = session.exec(select(Movement).where(Movement.kind == kind)).one()
    return f"{to_hex(row.tx_hash)}-{row.log_index}"
