"""Every refusal has its sentence in Chinese on the pages; what stands in its braces is a field that the problem has."""

import inspect
import json
import re
from collections.abc import Mapping
from functools import cache

import pytest

from backend.access.wire import camel
from backend.chain.artifacts import CHECKOUT
from backend.footprint.csv_intake import COLUMNS, CsvRefused, parse_activities
from backend.kernel.errors import TanyuError
from tests.unit.footprint.bad_rows import BAD, rows_told
from tests.unit.test_error_codes import errors

OF_THE_EDGE = frozenset({"input.invalid", "internal"})
"""Codes that no class of ours carries: what FastAPI refuses, and what nobody foresaw (access/problems.py)."""


UNREACHED = frozenset({"web.offline", "web.page_unloaded"})
"""Codes whose sentences are among the words of every page: when they are told, nothing more can be loaded."""


def of_the_pages() -> set[str]:
    """Codes of the pages' own failures: a key that does not open, a wallet on another chain."""
    sources = [path.read_text("utf-8") for path in CHECKOUT.joinpath("web", "src").rglob("*.ts")]
    return {code for source in sources for code in re.findall(r'readonly code = "(web\.\w+)"', source)} - UNREACHED


@cache
def sentences() -> Mapping[str, str]:
    found: dict[str, str] = json.loads(CHECKOUT.joinpath("web/src/words/problems.zh.json").read_text("utf-8"))
    return found


def fields_of(error: type[TanyuError]) -> set[str]:
    """Names in camelCase that the class, or one it comes from, gives its problem."""
    ours = [cls for cls in error.__mro__ if cls.__module__.startswith("backend.") and cls is not TanyuError]
    return {camel(name) for cls in ours for name in re.findall(r"\b([a-z][a-z0-9_]*)=", inspect.getsource(cls))}


def test_problem_words__every_code_has_its_sentence_and_no_other() -> None:
    assert sentences().keys() - OF_THE_EDGE - of_the_pages() == {error.code for error in errors()}
    assert of_the_pages() < sentences().keys()


def test_problem_words__stand_in_the_order_of_their_codes() -> None:
    assert list(sentences()) == sorted(sentences())


def test_problem_words__are_chinese() -> None:
    assert [code for code, sentence in sentences().items() if not re.search(r"[\u4e00-\u9fff].*[。]$", sentence)] == []


def test_problem_words__name_only_what_the_problem_tells() -> None:
    told = {error.code: set(re.findall(r"\{(\w+)\}", sentences()[error.code])) - fields_of(error) for error in errors()}
    assert {code: unknown for code, unknown in told.items() if unknown} == {}


@pytest.mark.parametrize(("row", "code"), [(row, code) for row, _, code in BAD])
def test_problem_words__of_a_bad_row_of_a_csv__are_filled_with_values_and_no_english_phrase(
    row: str, code: str
) -> None:
    with pytest.raises(CsvRefused) as refused:
        parse_activities(f"{','.join(COLUMNS)}\n{row}")

    (told,) = rows_told(refused.value)
    held = [told.fields[name] for name in re.findall(r"\{(\w+)\}", sentences()[code])]
    values = [value for one in held for value in ([one] if isinstance(one, str) else one)]
    assert [value for value in values if " " in value] == []
