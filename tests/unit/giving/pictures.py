"""The smallest pictures of either kind, made by hand, and what can be hidden in one."""

import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 1, *, more: bytes = b"", behind: bytes = b"") -> bytes:
    """A grey PNG; `more` chunks stand before its data, `behind` after its end."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x7f" * min(width, 8)) * min(height, 8))
    parts = chunk(b"IHDR", header) + more + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts + behind


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(width: int = 8, height: int = 8, *, more: bytes = b"", behind: bytes = b"") -> bytes:
    """A JPEG's segments in their order; the coded data holds a stuffed zero and a restart."""
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    tables = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + segment(0xDB, b"\0" * 65) + segment(0xC4, b"\0" * 17)
    return b"\xff\xd8" + tables + more + frame + scan + b"\xff\xd9" + behind
