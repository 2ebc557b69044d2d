"""The file that keeps a dedication's words and salt: without it nobody can show what a retirement was dedicated to."""

import json
from pathlib import Path

from backend.access.new_file import new_file
from backend.giving.dedication import Dedication, DedicationInvalid
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import InvalidInput


class KeptWordsUnreadable(InvalidInput):
    """Not a file that `tanyu retire make --keep` wrote."""

    code = "dedication.file_unreadable"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} holds no words and salt; give the file that --keep wrote", file=str(path))


def keep_words(path: Path, dedication: Dedication) -> None:
    """Writes them to a new file that the person alone can read. Raises FileUnusable."""
    with new_file(path) as out:
        out.write(canonical_json(wire_of(dedication)))


def wire_of(dedication: Dedication) -> dict[str, str]:
    """As the API takes it."""
    return {"words": dedication.words, "salt": to_hex(dedication.salt)}


def kept_words(path: Path) -> Dedication:
    """Reads them back. Raises KeptWordsUnreadable."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        return Dedication(kept["words"], bytes.fromhex(kept["salt"].removeprefix("0x")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DedicationInvalid) as failure:
        raise KeptWordsUnreadable(path) from failure
