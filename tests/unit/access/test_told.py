"""Answers as people read them: in words of one language, with units, nothing lost that is not empty."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from backend.access.field_words import field_word, value_word
from backend.access.language import Language, terminal_language
from backend.access.terminal import show
from backend.access.told import told


def text_of(found: Any, language: Language = "en") -> str:
    console = Console(file=StringIO(), width=200, color_system=None)
    show(told(found, language), console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "en", "zh"),
    [
        ("budgetGco2e", "1234567", "1,234.567 kg", "1,234.567 kg"),
        ("netGco2e", "-1", "−0.001 kg", "−0.001 kg"),
        ("measuredBps", 9512, "95.12 %", "95.12 %"),
        ("coveredSeconds", 90_000, "1 d 1 h", "1 天 1 小时"),
        ("countedKm", "12345", "12,345 km", "12,345 km"),
        ("isMinor", True, "yes", "是"),
        ("commitUntil", 1_767_225_600, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("state", "partly_settled", "partly settled", "部分结清"),
        ("wards", [], "none", "无"),
    ],
)
def test_field__by_its_unit__is_told_with_it(name: str, value: object, en: str, zh: str) -> None:
    assert en in text_of({name: value})
    assert zh in text_of({name: value}, "zh")
    assert name not in text_of({name: value}, "zh")


def test_text_of_somebody_elses__that_looks_like_markup__is_told_as_it_is() -> None:
    title = "[link=http://evil.example]click[/link] [bold]"

    assert title in text_of({"title": title})
    assert title in text_of([{"title": title, "n": 1}])


def test_what_is_said_in_both_languages__is_told_in_one() -> None:
    notes = {"notes": [{"name": "a", "en": "mind [this]", "zh": "注意"}]}

    assert text_of(notes) == "to know:\n- mind [this]\n"
    assert text_of(notes, "zh") == "须知:\n- 注意\n"


def test_rows__without_what_none_of_them_has__and_lists_within_them_beneath() -> None:
    months = [
        {"name": "2025-01", "reason": None, "categories": [{"category": "gas", "budgetGco2e": "5000"}]},
        {"name": "2025-02", "reason": None, "categories": []},
    ]

    shown = text_of({"months": months, "appeal": None})

    assert "months: categories" in shown
    assert "5.000 kg" in shown
    assert "reason" not in shown
    assert "appeal" not in shown


def test_mapping_within__is_a_table_of_its_own_and_nothing_at_all_is_said() -> None:
    assert "forecast of the year" in text_of({"forecast": {"creditGco2e": "10000"}})
    assert text_of([]) == "none\n"


def test_word__of_a_field_nobody_listed__is_its_own_name() -> None:
    assert field_word("someNewFieldGco2e", "zh") == "some new field"
    assert field_word("category.electricity", "zh") == "类别, 电力"
    assert value_word("state", "unheard of", "zh") == "unheard of"


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("zh", {"LANG": "en_GB.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW"}, "zh"),
        (None, {}, "en"),
    ],
)
def test_language__of_a_terminal__is_what_was_asked_for_else_the_locale(
    asked: Language | None, environment: dict[str, str], language: Language
) -> None:
    assert terminal_language(asked, environment) == language
