"""Named points where a test may end the process, as `kill -9` would: no clean-up, no flush, no reply."""

import os

CRASH_EXIT_CODE = 137
"""What a shell reports for a process killed by signal 9."""


def point(name: str) -> None:
    """Ends the process here if the environment's TANYU_CRASH_AT names this point; otherwise does nothing."""
    if os.environ.get("TANYU_CRASH_AT") == name:
        os._exit(CRASH_EXIT_CODE)
