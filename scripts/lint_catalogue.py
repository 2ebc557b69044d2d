"""Catalogue lint: the factor catalogue is whole, honest and unchanged under its digests; late reviews are warnings."""

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.footprint.lint import faults, warnings


def main() -> int:
    """Prints every fault and warning; 1 if there is a fault."""
    found, late = faults(), warnings(datetime.now(UTC).date())
    for line in found:
        print(f"fault: {line}")
    for line in late:
        print(f"warning: {line}")
    print(f"catalogue lint: {len(found)} faults, {len(late)} warnings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
