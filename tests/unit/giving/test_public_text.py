"""Text for strangers: what is said is seen, and nothing beside it is moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving.public_text import MARKS_MAX, PublicTextUnfit, require_public
from backend.kernel.text import seen


@pytest.mark.parametrize(
    "text",
    [
        "Warm Winter: 10 kg for everybody",
        "暖冬：帮助寒冷年份的赤字",
        "<script>alert(1)</script> is only text",
        "[bold red]so is this[/bold red]",
        "Việt Nam, Ελλάδα, العربية, עברית",
        "a family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    ],
)
def test_text__that_shows_what_it_holds__is_taken(text: str) -> None:
    require_public("title", text, longest=120)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u200b\u200b",
        "\u3164",
        "x" * 121,
        "two\nlines",
        "a bell\x07",
        "nul\x00",
        "\u202etxet desrever",
        "isolated \u2066text\u2069",
        "left-to-right mark \u200e",
        "hid\u200bden",
        "soft\u00adhyphen",
        "tag \U000e0041",
        "line\u2028separator",
        "private \ue000",
        "lone \ud800",
        "z" + "\u0335" * (MARKS_MAX + 1),
    ],
)
def test_text__that_hides_turns_or_piles_up__is_refused(text: str) -> None:
    with pytest.raises(PublicTextUnfit) as refused:
        require_public("title", text, longest=120)
    assert refused.value.fields["field"] == "title"


def test_text__in_lines__is_taken_where_lines_are_welcome() -> None:
    require_public("story", "first\n\nsecond", longest=120, lines=True)
    with pytest.raises(PublicTextUnfit):
        require_public("story", "first\r\nsecond", longest=120, lines=True)


@given(st.text(max_size=60))
def test_text__any_that_is_taken__shows_something_and_turns_nothing(text: str) -> None:
    try:
        require_public("title", text, longest=60)
    except PublicTextUnfit:
        return
    assert seen(text).strip()
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c") & set(text)
