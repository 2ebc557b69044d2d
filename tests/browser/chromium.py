"""Which browser the tests drive: Debian's Chromium or what the machine has instead. `python -m tests.browser.chromium`
finds one, or installs it where it may, or says loudly that there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTING = "TANYU_CHROMIUM"
"""The environment variable that names another browser's program."""

MISSING = f"""
*** No browser: the tests of the pages cannot run, so they count as failed. ***
Install Chromium (Debian: apt-get install chromium) or set {SETTING} to the program of a Chromium or Chrome.
"""


class NoBrowser(RuntimeError):
    """This machine has no browser that we know how to drive."""

    def __init__(self) -> None:
        super().__init__(MISSING)


def find_chromium() -> Path:
    """The program. Raises NoBrowser."""
    given = os.environ.get(SETTING)
    found = shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser
    return Path(found)


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(command, env=environment, check=True)


def main() -> int:
    """0 if there is a browser in the end."""
    try:
        print(find_chromium())  # noqa: T201 - a command
        return 0
    except NoBrowser:
        may_install = os.geteuid() == 0 and shutil.which("apt-get") and SETTING not in os.environ
    try:
        if may_install:
            _install()
        print(find_chromium())  # noqa: T201 - a command
        return 0
    except NoBrowser as missing:
        print(missing, file=sys.stderr)  # noqa: T201 - a command
    except subprocess.CalledProcessError as failed:
        print(failed, MISSING, sep="\n", file=sys.stderr)  # noqa: T201 - a command
    return 1


if __name__ == "__main__":
    sys.exit(main())
