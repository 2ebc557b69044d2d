"""Gas of `settle` and `cancel`, receipt gasUsed (prague, one transaction per block, accounts without code, makers all
different): one buy against n sells, each filled whole.

First: the buyer holds none of the class, the sellers no money, and the orders' numbers stand in a word nobody used.
Repeat: the same people trade again, under further numbers of that word. Nobody's balance becomes zero, and with a fee
its recipient has some money already. Baseline without a fee: the best exchange we know of, measured under the same
conditions, which also took no fee; of a cancellation likewise. With a fee: the bare moves of credits and money of the
same trade, measured in the same run, each sent as a transaction of its own.
"""

from backend.chain.keys import DevRole, dev_signer
from backend.market.order import Side
from tests.benchmarks.gas_row import Row, gas_row
from tests.contract.people import CLASS_ID, People

SIZES = (1, 5, 10)
STATES = ("first", "repeat")
EACH = "settle, each further maker"

GOALS = {
    (1, "first"): 142_000,
    (1, "repeat"): 92_000,
    (5, "first"): 342_000,
    (5, "repeat"): 228_000,
    (10, "first"): 592_000,
    (10, "repeat"): 400_000,
}
GOALS_EACH = {"first": 50_000, "repeat": 34_000}
BEST = {
    (1, "first"): 202_839,
    (1, "repeat"): 168_651,
    (5, "first"): 521_658,
    (5, "repeat"): 419_058,
    (10, "first"): 920_223,
    (10, "repeat"): 732_147,
}
BEST_EACH = {"first": 79_713, "repeat": 62_618}

FEE_BPS = 30
FEE_GOAL, FEE_GOAL_EACH = 9_000, 4_200
"""What a fee may add: to 1 x 1, and for each further maker."""

CANCELS = (
    ("cancel one, the first ever", 1_000 * 256, 45_448, 68_000),
    ("cancel one, fresh word", 1_001 * 256, None, 48_000),
    ("cancel one, used word", 1_001 * 256 + 1, 28_966, 31_000),
)
"""Name, number, best, goal."""

PRICE = 2_000_000
FIRST_WORD = 10_000
NUMBERS_PER_WORD = 128


def _bare_moves(people: People) -> int:
    """Credits and money of one match, each moved between accounts that hold both already."""
    operator, holder, target = dev_signer(DevRole.OPERATOR).address, DevRole.REGISTRAR, people.person(90).address
    people.mint(90, 10_000)
    people.mint_to(dev_signer(holder).address, 20_000)
    people.send("PaymentToken", "mint", operator, PRICE * 10)
    people.send("PaymentToken", "transfer", target, PRICE)
    money = people.send("PaymentToken", "transfer", target, PRICE)
    moved = (dev_signer(holder).address, target, CLASS_ID, 1000, b"")
    return int(money["gasUsed"]) + int(people.send("CarbonCredit", "safeTransferFrom", *moved, by=holder)["gasUsed"])


def _settle(people: People, buyer: int, sellers: list[int], first_number: int) -> int:
    orders = [(buyer, people.order(buyer, Side.BUY, len(sellers), PRICE, number=first_number))]
    orders += [
        (seller, people.order(seller, Side.SELL, 1, PRICE, number=first_number + index))
        for index, seller in enumerate(sellers, 1)
    ]
    matches = [(0, index + 1, 1, PRICE) for index in range(len(sellers))]
    receipt = people.settle(orders, matches)
    assert len(people.events(receipt, "Exchange", "Filled")) == len(sellers)
    return int(receipt["gasUsed"])


def _trades(people: People, size: int) -> dict[tuple[int, str], int]:
    """Two trades of the same people, of whom nobody else's trades know."""
    buyer, sellers = 1_000 * size, list(range(1_000 * size + 1, 1_001 * size + 1))
    people.pay(buyer, 10**12)
    for seller in sellers:
        people.mint(seller, 100_000)
        people.approve(seller, "Exchange")
    number = (FIRST_WORD + size) * NUMBERS_PER_WORD
    return {
        (size, state): _settle(people, buyer, sellers, number + index * (size + 1))
        for index, state in enumerate(STATES)
    }


def _each_further(found: dict[tuple[int, str], int], state: str) -> int:
    """Rounded up."""
    few, many = SIZES[0], SIZES[-1]
    return -((found[few, state] - found[many, state]) // (many - few))


def _all_trades(people: People) -> dict[tuple[int, str], int]:
    return {key: gas for size in SIZES for key, gas in _trades(people, size).items()}


def measure(people: People) -> list[Row]:
    """Without a fee: settling by size and state, and each further maker; cancelling."""
    found = _all_trades(people)
    rows = [gas_row(f"settle 1 x {key[0]}, {key[1]}", gas, BEST[key], GOALS[key]) for key, gas in found.items()]
    rows += [
        gas_row(f"{EACH}, {state}", _each_further(found, state), BEST_EACH[state], GOALS_EACH[state])
        for state in STATES
    ]
    for name, number, best, goal in CANCELS:
        cancelled = people.send("Exchange", "cancel", number, by=DevRole.REGISTRAR)
        rows.append(gas_row(name, int(cancelled["gasUsed"]), best, goal))
    return rows


def measure_with_fee(people: People) -> list[Row]:
    """The same trades where both sides pay the fee; for people whose deployment takes one."""
    assert people.contracts.exchange.functions.feeBps().call() == FEE_BPS
    people.send("PaymentToken", "mint", dev_signer(DevRole.FEE_RECIPIENT).address, 1)
    bare, found = _bare_moves(people), _all_trades(people)
    rows = []
    for (size, state), gas in found.items():
        goal = GOALS[size, state] + FEE_GOAL + (size - 1) * FEE_GOAL_EACH
        rows.append(gas_row(f"settle 1 x {size}, {state}, with a fee", gas, size * bare, goal))
    for state in STATES:
        goal = GOALS_EACH[state] + FEE_GOAL_EACH
        rows.append(gas_row(f"{EACH}, {state}, with a fee", _each_further(found, state), bare, goal))
    return rows


def fee_rows(figures: dict[str, object]) -> list[Row]:
    """What a fee adds, from the figures of both measures."""
    rows = []
    for name, goal in (("settle 1 x 1", FEE_GOAL), (EACH, FEE_GOAL_EACH)):
        for state in STATES:
            without, with_fee = figures[f"{name}, {state}"], figures[f"{name}, {state}, with a fee"]
            assert isinstance(without, int)
            assert isinstance(with_fee, int)
            rows.append(gas_row(f"a fee adds to {name}, {state}", with_fee - without, None, goal))
    return rows
