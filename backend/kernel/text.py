"""Text from outside: which characters it may hold, and what remains of it when it names something.

A database may not hold NUL, a terminal obeys control characters, and a name that differs from another only in what
nobody sees is the same name.
"""

import re
import unicodedata

from backend.kernel.errors import InvalidInput

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that show nothing: joiners, fillers, selectors (Default_Ignorable, but for category C)."""


class ControlCharacter(InvalidInput):
    """A text with a control character, such as NUL or a line break."""

    code = "text.control_character"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} holds a control character; give plain text in one line", field=field)


def has_control(text: str, *, allowed: str = "") -> bool:
    """Whether a text holds a control character other than those allowed."""
    return any(found not in allowed for found in _CONTROL.findall(text))


def require_plain(field: str, text: str) -> None:
    """Raises ControlCharacter."""
    if has_control(text):
        raise ControlCharacter(field)


def seen(text: str) -> str:
    """What distinguishes a name: compatible forms made one (NFKC), case folded, and every character gone that shows
    nothing: control, format (zero-width), fillers, selectors. Spaces stay.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(one for one in _UNSEEN.sub("", folded) if unicodedata.category(one)[0] != "C")


def letters_and_digits(text: str) -> str:
    """A number as printed, whatever its spaces, dashes and script of digits: `seen`, and of it letters and digits."""
    return "".join(str(unicodedata.decimal(one, one)) for one in seen(text) if unicodedata.category(one)[0] in "LN")
