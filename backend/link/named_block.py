"""The first block from a time that was named in advance."""

from backend.kernel.clock import unix_s
from backend.link.node import Header, Node


def first_block_from(node: Node, from_s: int, confirmations: int) -> Header | None:
    """The first block whose time in Unix seconds is `from_s` or later; None until there is one with so many blocks
    after it. Raises NodeUnavailable.
    """
    head = node.head()
    if unix_s(head.time) < from_s:
        return None
    low, high = 0, head.number
    while low < high:
        middle = (low + high) // 2
        header = node.header(middle)
        if header is None or unix_s(header.time) < from_s:
            low = middle + 1
        else:
            high = middle
    return node.header(low) if low + confirmations <= head.number else None
