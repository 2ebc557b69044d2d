"""Control characters, and what of a name is seen."""

import pytest

from backend.kernel.text import ControlCharacter, has_control, letters_and_digits, require_plain, seen


@pytest.mark.parametrize("bad", ["\0", "a\nb", "\x1b[2J", "\x7f", "\x85", "\x9b"])
def test_plain__with_a_control_character__is_refused(bad: str) -> None:
    with pytest.raises(ControlCharacter) as refusal:
        require_plain("evidence", bad)
    assert refusal.value.fields == {"field": "evidence"}
    assert bad not in refusal.value.message


@pytest.mark.parametrize("good", ["", "bill 12/3, p. 4", "\u7535\u8868 7", "na\u00efve \u2013 \U0001f600"])
def test_plain__of_any_script__passes(good: str) -> None:
    require_plain("evidence", good)


def test_control__where_line_breaks_are_allowed__is_found_beside_them() -> None:
    assert not has_control("a\nb", allowed="\n")
    assert has_control("a\nb\r", allowed="\n")


@pytest.mark.parametrize(
    "same",
    [
        "Meter",
        "\uff2d\uff45\uff54\uff45\uff52",
        "met\u200ber",
        "met\u00ader",
        "\ufeffmeter",
        "me\u034fter\U000e0100",
        "met\0er",
    ],
)
def test_seen__of_what_looks_the_same__is_the_same(same: str) -> None:
    assert seen(same) == "meter"


def test_seen__of_a_script_that_needs_its_marks__keeps_them() -> None:
    assert seen("\u0930\u093f") != seen("\u0930")


@pytest.mark.parametrize("same", ["A 12-34", "a1234", "a-12\u201334", "a\u0661\u0662\u0663\u0664", "A\uff11\uff12.34"])
def test_letters_and_digits__of_one_number__are_the_same(same: str) -> None:
    assert letters_and_digits(same) == "a1234"


def test_letters_and_digits__of_nothing_printed__are_none() -> None:
    assert letters_and_digits("-\u200b \u3164\u2800") == ""
