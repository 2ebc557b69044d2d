"""Root of an ordered Merkle-Patricia trie: what a header's transactionsRoot and receiptsRoot are.

Source: Ethereum Yellow Paper, appendix D. Keys are the RLP of each value's index.
"""

from collections.abc import Sequence

from backend.audit import rlp
from backend.chain.keccak import keccak

EMPTY_ROOT = keccak(rlp.encode(b""))
"""Root of a trie without entries."""

Entry = tuple[tuple[int, ...], bytes]


def _nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))


def _hex_prefix(path: tuple[int, ...], *, leaf: bool) -> bytes:
    flag = 2 if leaf else 0
    digits = (flag + 1, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes(high << 4 | low for high, low in zip(digits[::2], digits[1::2], strict=True))


def _reference(node: rlp.Item) -> rlp.Item:
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _node(entries: list[Entry], depth: int) -> rlp.Item:
    """The node over entries that share their first `depth` nibbles; `entries` is never empty."""
    first = entries[0][0]
    if len(entries) == 1:
        return [_hex_prefix(first[depth:], leaf=True), entries[0][1]]
    shared = depth
    while all(len(path) > shared and path[shared] == first[shared] for path, _ in entries):
        shared += 1
    if shared > depth:
        return [_hex_prefix(first[depth:shared], leaf=False), _reference(_node(entries, shared))]
    branches: list[list[Entry]] = [[] for _ in range(16)]
    value = b""
    for path, item in entries:
        if len(path) == depth:
            value = item
        else:
            branches[path[depth]].append((path, item))
    return [*(_reference(_node(branch, depth + 1)) if branch else b"" for branch in branches), value]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """32-byte root of the trie that maps each index to its value."""
    if not values:
        return EMPTY_ROOT
    entries = [(_nibbles(rlp.encode(rlp.integer(index))), value) for index, value in enumerate(values)]
    return keccak(rlp.encode(_node(entries, 0)))
