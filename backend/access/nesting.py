"""How deep a JSON text nests, found before it is parsed: a parser recurses, and what recurses can be made to overflow.

Nothing of ours nests deeper than a handful, so the limit refuses no honest body.
"""

import json
import re
from itertools import accumulate

DEPTH_MAX = 32
"""Arrays and objects within each other that a body may have."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def is_utf8(body: bytes) -> bool:
    """Whether a parser would read the bytes as UTF-8, the one encoding of JSON between systems (RFC 8259, 8.1).

    Python's also takes UTF-16 and UTF-32 and tells them by their zero bytes; in those a quote is not one byte.
    """
    return json.detect_encoding(body) in {"utf-8", "utf-8-sig"}


def is_too_deep(body: bytes) -> bool:
    """Whether brackets outside strings open more than DEPTH_MAX within each other. The text need not be JSON."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return False
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", body.decode("utf-8", "replace")))
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > DEPTH_MAX
