"""Run as a process of its own: feeds one hostile file to a reader and prints its error code and the peak memory in KiB.

Usage: python hostile_files.py READER ATTACK
"""

import resource
import sys
from collections.abc import Callable, Iterator

from backend.footprint.green_button import GreenButtonReader
from backend.footprint.trip import GpxFileReader
from backend.kernel.errors import TanyuError

CHUNK = 64 * 1024
HEADS = {
    "green_button": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>',
    "gpx": b'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>',
}
UNITS = {
    "green_button": b'<IntervalBlock xmlns="http://naesb.org/espi"><IntervalReading><timePeriod><duration>9</duration>'
    b"<start>%d</start></timePeriod><value>1</value></IntervalReading></IntervalBlock>",
    "gpx": b'<trkpt lat="1.%d" lon="2"><time>2025-01-01T00:00:00Z</time></trkpt>',
}
READERS: dict[str, Callable[[], GreenButtonReader | GpxFileReader]] = {
    "green_button": GreenButtonReader,
    "gpx": GpxFileReader,
}


def endless(piece: bytes, total_bytes: int = 200_000_000) -> Iterator[bytes]:
    """A piece again and again, 200 MB of it."""
    chunk = piece * (CHUNK // len(piece) + 1)
    for _ in range(total_bytes // len(chunk)):
        yield chunk


def numbered(piece: bytes, total_bytes: int = 200_000_000) -> Iterator[bytes]:
    """Pieces that are all different."""
    size = number = 0
    while size < total_bytes:
        chunk = b"".join(piece % (number + at) for at in range(500))
        number, size = number + 500, size + len(chunk)
        yield chunk


def laughs() -> bytes:
    lines = [b'<!ENTITY a0 "ha">', *(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))]
    return b"<!DOCTYPE x [" + b"".join(lines) + b"]><x>&a11;</x>"


def attack(name: str, reader: str) -> Iterator[bytes]:
    """The file's pieces."""
    head = HEADS[reader]
    files: dict[str, Callable[[], Iterator[bytes]]] = {
        "billion laughs": lambda: iter([laughs()]),
        "quadratic blowup": lambda: iter([b'<!DOCTYPE x [<!ENTITY a "', b"a" * 10**6, b'">]><x>', b"&a;" * 10**5]),
        "external entity": lambda: iter([b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>']),
        "200 MB of readings": lambda: _then(head, numbered(UNITS[reader])),
        "200 MB of text": lambda: _then(head + b"<a>", endless(b"x")),
        "200 MB of spaces": lambda: _then(head, endless(b" ")),
        "200 MB in a comment": lambda: _then(head + b"<!-- ", endless(b"x")),
        "200 MB in an attribute": lambda: _then(head + b'<a b="', endless(b"x")),
        "200 MB of elements": lambda: _then(head, endless(b"<a/>")),
        "200 MB of names": lambda: _then(head, numbered(b"<a%d/>")),
        "200 MB of namespaces": lambda: _then(head, numbered(b'<a xmlns:p%d="u"/>')),
        "200 MB of attributes": lambda: _then(head + b"<a ", numbered(b'b%d="" ')),
        "deep nesting": lambda: _then(head, endless(b"<a>")),
        "truncated": lambda: iter([head, UNITS[reader] % 1, b"<a"]),
        "not XML": lambda: iter([b"PK\x03\x04", b"\0" * CHUNK]),
        "no bytes": lambda: iter([]),
        "unknown encoding": lambda: iter([b'<?xml version="1.0" encoding="shift_jis"?><x/>']),
        "wrong namespace": lambda: iter([b'<feed xmlns="http://example.org/"><gpx/></feed>']),
        "HTML": lambda: iter([b"<html><body>Please sign in</body></html>"]),
    }
    return files[name]()


def _then(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def main() -> None:
    """Prints `code peak_kib grown_kib bytes_read`."""
    reader = READERS[sys.argv[1]]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, read = "none", 0
    try:
        for piece in attack(sys.argv[2], sys.argv[1]):
            read += len(piece)
            reader.feed(piece)
        reader.close()
    except TanyuError as failure:
        code = failure.code
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(code, peak, peak - before, read)  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
