"""Orders with instructions, for tests of the market: what the door will pass on."""

from backend.chain.keys import Signer
from backend.market.instructions import PLAIN, Instructions, check_instructions
from backend.market.listing import rules_of
from backend.market.order import SignedOrder
from backend.market.place import Accepted, Placing
from tests.unit.market.world import World, hash_of, signed


def enter(
    world: World, maker: Signer, order: SignedOrder, instructions: Instructions = PLAIN, owner: str | None = None
) -> Accepted:
    """Signs an order and gives it to the sequencer with its instructions."""
    check_instructions(order, instructions)
    with world.database.read() as session:
        rules = rules_of(session, order.class_id)
    placing = Placing(order, signed(maker, order), hash_of(order), rules, instructions, owner)
    return world.market.sequencer.call(placing)
