"""Recursive Length Prefix, encoding only. Source: Ethereum Yellow Paper, appendix B."""

from collections.abc import Sequence

Item = bytes | Sequence["Item"]


def integer(value: int) -> bytes:
    """Big-endian without leading zeros; zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8)


def _prefix(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes([offset + size])
    length = integer(size)
    return bytes([offset + 55 + len(length)]) + length


def encode(item: Item) -> bytes:
    """The encoding of bytes, or of a list of items."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item
    body = b"".join(encode(part) for part in item)
    return _prefix(len(body), 0xC0) + body
