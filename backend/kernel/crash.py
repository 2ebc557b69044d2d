"""Named points where a test may end the process, as `kill -9` would: no clean-up, no flush, no reply."""

import os
from pathlib import Path

CRASH_EXIT_CODE = 137
"""What a shell reports for a process killed by signal 9."""


def point(name: str) -> None:
    """Ends the process here if the environment's TANYU_CRASH_AT names this point; otherwise does nothing.

    TANYU_CRASH_AT is the point's name, or `@` and the path of a file that holds it, so that a test can arm a point
    while the process runs.
    """
    armed = os.environ.get("TANYU_CRASH_AT", "")
    if armed.startswith("@"):
        path = Path(armed[1:])
        armed = path.read_text() if path.exists() else ""
    if armed == name:
        os._exit(CRASH_EXIT_CODE)
