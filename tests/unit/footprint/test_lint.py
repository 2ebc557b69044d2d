"""The catalogue's lint: what breaks the build, and what is only told."""

import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.footprint import lint as lint_module
from backend.footprint.factor import ProxyFor, Uncertainty
from backend.footprint.factors import catalogue
from backend.footprint.freeze import Freeze
from backend.footprint.lint import factor_faults, faults, file_faults, warnings
from backend.footprint.refusal import Refusal
from backend.footprint.revision import Revision

GOOD = catalogue().factor("electricity-gb-2024")


def test_shipped__has_no_fault() -> None:
    assert faults() == []


def test_warnings__past_review__are_told_and_break_nothing() -> None:
    late = warnings(date(2099, 1, 1))

    assert any(line.startswith("electricity-gb-2025: to be reviewed by 2027-07-01") for line in late)
    assert not any(line.startswith("electricity-gb-2024:") for line in late), "a newer year has replaced it"
    assert warnings(date(2015, 1, 1)) == []
    ended = subprocess.run(
        [sys.executable, "scripts/lint_catalogue.py"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0
    assert "catalogue lint: 0 faults" in ended.stdout


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (replace(GOOD, region="XX"), "no place is called XX"),
        (replace(GOOD, proxies=(ProxyFor("Mars", "bus"),)), "no kind or nation"),
        (replace(GOOD, proxies=(ProxyFor("CN", "rocket"),)), "no kind or nation"),
        (replace(GOOD, proxies=(ProxyFor("GB", "bus"),)), "its own country"),
        (replace(GOOD, uncertainty=Uncertainty("judgement", 123, "a feeling")), "judgement table"),
    ],
)
def test_row__whole_but_wrong__is_a_fault(factor: object, told: str) -> None:
    (fault,) = factor_faults(next(one for one in (factor,) if isinstance(one, type(GOOD))))

    assert told in fault


def test_file__with_a_malformed_row__names_file_and_row() -> None:
    (fault,) = file_faults("some.toml", '[[factor]]\nid = "a"\nkind = "bus"\n')

    assert fault.startswith("some.toml: factor a: its passport lacks")


def test_record__under_which_a_row_changed__is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 1, 1)
    monkeypatch.setattr(lint_module, "revisions", lambda: (Revision(1, day, b"\1" * 32, ""),))
    monkeypatch.setattr(lint_module, "freezes", lambda: (Freeze(2025, 1, day, b"\1" * 32, ""),))
    monkeypatch.setattr(lint_module, "refusals", lambda: (Refusal(frozenset({"rocket"}), frozenset({"GB"}), "no"),))

    revised, frozen, refused = faults()

    assert revised.startswith("revision 1: its rows give another digest")
    assert frozen.startswith("the factor set of vintage 2025 is recorded as 0x0101")
    assert refused == "refusal: rocket is no kind"
