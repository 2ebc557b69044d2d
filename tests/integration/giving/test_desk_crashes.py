"""A charity's act happens once, wherever the process ends."""

from collections.abc import Callable

import pytest

from backend.chain.keys import DevRole
from backend.giving import charity_desk
from backend.giving.charity_desk import DeskActPending
from backend.giving.kinds import Funding
from backend.kernel.digest import sha256
from backend.link.node import Answer, Node, NodeUnavailable
from backend.link.node import Receipt as ChainReceipt
from tests.integration.giving.world import POOL_STORY, World


class Crash(Exception):
    """The process ends here."""


def before_broadcast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are stored, the node never sees them."""

    def broadcast(_node: Node, _raw: bytes) -> tuple[Answer, str]:
        raise Crash

    monkeypatch.setattr(Node, "broadcast", broadcast)


def after_broadcast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node has them, nobody hears its answer."""
    real = Node.broadcast

    def broadcast(node: Node, raw: bytes) -> tuple[Answer, str]:
        real(node, raw)
        raise Crash

    monkeypatch.setattr(Node, "broadcast", broadcast)


def before_the_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node stops answering once it has them."""
    real, asked = Node.receipt, []

    def receipt(node: Node, tx_hash: bytes) -> ChainReceipt | None:
        asked.append(tx_hash)
        if len(asked) > 1:
            raise NodeUnavailable("gone")
        return real(node, tx_hash)

    monkeypatch.setattr(Node, "receipt", receipt)


@pytest.mark.parametrize("crash", [before_broadcast, after_broadcast, before_the_receipt])
def test_opening_a_campaign__cut_short_and_repeated__opens_one(
    world: World, crash: Callable[[pytest.MonkeyPatch], None]
) -> None:
    reference = f"cut {crash.__name__}"
    count = world.contracts.charity.functions.campaignCount
    before = count().call()
    with pytest.MonkeyPatch.context() as patch:
        crash(patch)
        with pytest.raises((Crash, NodeUnavailable)):
            world.open(world.desk(DevRole.POOL_CHARITY), reference, POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)

    again = world.desk(DevRole.POOL_CHARITY)
    first = world.open(again, reference, POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    second = world.open(again, reference, POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)

    assert first == second == before + 1
    assert count().call() == before + 1
    assert world.campaign(first)["storyDigest"] == "0x" + sha256(POOL_STORY.document()).hex()


def test_an_act_after_one_that_was_cut_short__carries_that_one_along(world: World) -> None:
    """The stored bytes hold a nonce: what comes later takes the next one, and can only be mined after it."""
    with pytest.MonkeyPatch.context() as patch:
        before_broadcast(patch)
        with pytest.raises(Crash):
            world.open(world.pool, "cut first", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)

    second = world.open(world.pool, "after it", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    first = world.open(world.pool, "cut first", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)

    assert second == first + 1


def test_an_act_the_chain_has_not_taken_yet__is_pending_and_done_once_it_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charity_desk, "POLLS_MAX", 3)
    world.w3.provider.make_request("evm_setAutomine", [False])  # type: ignore[arg-type]  # anvil's own method
    try:
        with pytest.raises(DeskActPending) as caught:
            world.open(world.pool, "slow", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    finally:
        world.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # as above
        world.w3.provider.make_request("evm_setAutomine", [True])  # type: ignore[arg-type]  # as above

    assert caught.value.code == "charity.act_pending"
    count = world.contracts.charity.functions.campaignCount().call()
    assert world.open(world.pool, "slow", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE) == count
