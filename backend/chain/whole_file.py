"""Files that are there whole or not at all, whatever is killed meanwhile and even if the power fails."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, *, modified_ns: int | None = None) -> None:
    """Puts `data` in the place of what is at `path`, in one step; `modified_ns` gives the file that time.

    Other processes may read it meanwhile, or write it too: the last one to end wins.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        if modified_ns is not None:
            os.utime(out.fileno(), ns=(modified_ns, modified_ns))
        os.fsync(out.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # or the rename itself could be forgotten
    finally:
        os.close(folder)
