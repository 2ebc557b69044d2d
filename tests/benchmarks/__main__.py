"""scripts/bench [ROOM] [--json] [--save] [--people N]: runs the benchmarks of one room or of all, and prints their
rows.
"""

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    city_year,
    gas,
    issuance_mass,
    market_matching,
    order_entry,
    person_year,
    recovery,
    stream,
    web_pages,
)

ROOMS = {
    "city": city_year.rows,
    "entry": order_entry.rows,
    "gas": gas.rows_on_both_nodes,
    "issuance": issuance_mass.rows,
    "ledger": person_year.rows,
    "market": market_matching.rows,
    "recovery": recovery.rows,
    "stream": stream.rows,
    "web": web_pages.rows,
}

COLUMNS = ("name", "value", "unit", "baseline", "ratio", "goal", "met", "nodes")


def main() -> int:
    """Prints rows; 0 unless something could not be measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Benchmarks by room.")
    parser.add_argument("room", nargs="?", choices=sorted(ROOMS), help="all rooms if none is given")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--save", action="store_true", help="gas: write the snapshot that the tests compare with")
    parser.add_argument("--people", type=int, default=issuance_mass.PEOPLE, help="issuance: statements in the batch")
    arguments = parser.parse_args()
    if arguments.save and arguments.room != "gas":
        parser.error("--save goes with `gas`")
    ROOMS["issuance"] = lambda: issuance_mass.rows(arguments.people)
    rows = [row for room, measure in ROOMS.items() if arguments.room in (None, room) for row in measure()]
    if arguments.save:
        gas.save(rows)
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*("-" if row.get(column) is None else str(row[column]) for column in COLUMNS))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
