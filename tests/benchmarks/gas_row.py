"""One row of the gas table: what an act burns, against what it is compared with and what it must not exceed."""

Row = dict[str, object]


def gas_row(name: str, gas: int, baseline: int | None = None, goal: int | None = None) -> Row:
    """A row; without a baseline there is no ratio, without a goal it is shown for scale."""
    return {
        "name": name,
        "value": gas,
        "unit": "gas",
        "baseline": baseline,
        "ratio": None if baseline is None else round(gas / baseline, 3),
        "goal": goal,
        "met": goal is None or gas <= goal,
    }
