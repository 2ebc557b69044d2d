"""Gas of `settle`, receipt gasUsed on anvil (prague, one transaction per block): one buy against n sells, fee 30 bps.

The baseline is measured in the same run: the bare token moves of the same trade, each sent as a transaction of its own
by a party that needs no signature checked. `goal` is what the contracts must reach in the end; `met` whether they do.
"""

from backend.chain.keys import DevRole, dev_signer
from backend.market.order import Side
from tests.contract.people import CLASS_ID, People

GOALS = {(1, "first"): 151_000, (1, "repeat"): 101_000, (5, "first"): 367_800, (5, "repeat"): 253_800}
"""Gas; the table of the contracts' targets with its allowance for a fee."""

PRICE = 2_000_000


def _bare_moves(people: People, sells: int) -> int:
    """Two token moves per sell (credits and payment), each between accounts that hold both already."""
    operator = dev_signer(DevRole.OPERATOR).address
    people.mint(90, 10_000)
    people.send("PaymentToken", "mint", operator, PRICE * 10)
    money = people.send("PaymentToken", "transfer", people.person(90).address, PRICE)["gasUsed"]
    money = people.send("PaymentToken", "transfer", people.person(90).address, PRICE)["gasUsed"]
    leaf_holder = DevRole.REGISTRAR
    holder = dev_signer(leaf_holder).address
    people.mint_to(holder, 20_000)
    target = people.person(90).address
    moved = people.send("CarbonCredit", "safeTransferFrom", holder, target, CLASS_ID, 1000, b"", by=leaf_holder)
    return sells * (money + moved["gasUsed"])


def _settle(people: People, buyer: int, sellers: list[int]) -> int:
    orders = [(buyer, people.order(buyer, Side.BUY, len(sellers), PRICE))]
    orders += [(seller, people.order(seller, Side.SELL, 1, PRICE)) for seller in sellers]
    matches = [(0, index + 1, 1, PRICE) for index in range(len(sellers))]
    receipt = people.settle(orders, matches)
    assert len(people.events(receipt, "Exchange", "Filled")) == len(sellers)
    return int(receipt["gasUsed"])


def measure(people: People) -> list[dict[str, object]]:
    """One row per size and state: gas of settle, against the bare moves of the same trade."""
    found: list[dict[str, object]] = []
    for size in (1, 5):
        buyer, sellers = 10 * size, list(range(10 * size + 1, 11 * size + 1))
        people.pay(buyer, 10**12)
        for seller in sellers:
            people.mint(seller, 100_000)
            people.approve(seller, "Exchange")
        baseline = _bare_moves(people, size)
        for state in ("first", "repeat"):
            gas = _settle(people, buyer, sellers)
            goal = GOALS[size, state]
            found.append(
                {
                    "name": f"settle 1 x {size}, {state}",
                    "value": gas,
                    "unit": "gas",
                    "baseline": baseline,
                    "ratio": round(gas / baseline, 3),
                    "goal": goal,
                    "met": gas <= goal,
                }
            )
    return found
