"""How to call `tanyu` from where the user stands: it is on nobody's PATH."""

import shlex
import sys
from pathlib import Path


def tanyu_program() -> str:
    """The program beside this Python, as a shell takes it: relative to the current folder if it is below it."""
    program = Path(sys.executable).parent / "tanyu"
    here = Path.cwd()
    if not program.is_relative_to(here):
        return shlex.quote(str(program))
    below = program.relative_to(here)
    return shlex.quote(str(below) if len(below.parts) > 1 else f"./{below}")
