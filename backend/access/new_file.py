"""A file that a command writes for a person: new, and readable by that person alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from backend.kernel.errors import InvalidInput, TanyuError


class FileUnusable(InvalidInput):
    """There is a file already, or it cannot be made."""

    code = "file.unusable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot write {path}: {why}", file=str(path))


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file to write; takes it away again if what is to be in it cannot be had. Raises FileUnusable."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise FileUnusable(path, failure.strerror or type(failure).__name__) from failure
    try:
        with os.fdopen(opened, "wb") as file:
            yield file
    except TanyuError:
        path.unlink()
        raise
