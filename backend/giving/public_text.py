"""Text that strangers will read: nothing in it hides, reorders what stands beside it, or piles up. Pure.

Markup needs no rule here: JSON carries it as text, our pages escape it, and a terminal is given it as text.
"""

import re
import unicodedata

from backend.kernel.errors import InvalidInput
from backend.kernel.text import has_control, seen

MARKS_MAX = 4
"""Combining marks on one letter. Vietnamese needs two; what climbs over other lines has dozens."""

_JOINER = "\u200d"
"""Joins emoji; it shows nothing of its own, and hides nothing."""

_MARKS = re.compile(rf"m{{{MARKS_MAX + 1},}}")


class PublicTextUnfit(InvalidInput):
    """A text for everybody that is empty, too long, or holds what misleads its readers."""

    code = "public_text.unfit"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field} must be {expected}", field=field, expected=expected)


def require_public(field: str, text: str, *, longest: int, lines: bool = False) -> None:
    """Raises PublicTextUnfit. `lines`: whether line breaks are welcome. `longest` in characters."""
    if not 1 <= len(text) <= longest or not seen(text).strip():
        raise PublicTextUnfit(field, f"1 to {longest} characters that show")
    if has_control(text, allowed="\n" if lines else ""):
        raise PublicTextUnfit(field, "plain text" + ("" if lines else " in one line"))
    if any(unicodedata.category(one) in {"Cf", "Co", "Cs", "Zl", "Zp"} for one in text if one != _JOINER):
        raise PublicTextUnfit(field, "free of characters that hide, or that turn the direction of writing")
    if _MARKS.search("".join("m" if unicodedata.combining(one) else "." for one in text)):
        raise PublicTextUnfit(field, f"of letters with at most {MARKS_MAX} marks each")
