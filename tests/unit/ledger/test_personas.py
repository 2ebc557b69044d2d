"""Personas: every year computed anew, every figure that moved acknowledged with its reason, and one explained whole."""

import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.footprint.kind import KINDS
from backend.ledger.content import Account, content_of
from backend.ledger.explain import with_tables
from backend.ledger.persona import (
    Persona,
    PersonaMalformed,
    PersonaUnknown,
    parse_persona,
    persona_of,
    shipped_personas,
)
from backend.ledger.persona_change import ReasonMissing, acknowledged, change_text
from backend.ledger.persona_year import PersonaYear, play
from backend.ledger.policy import shipped_policies

FOLDER = CHECKOUT / "backend" / "ledger" / "personas"
PERSONAS = shipped_personas()


@pytest.fixture(scope="module")
def years() -> Mapping[str, PersonaYear]:
    return {one.id: play(one, shipped_policies()) for one in PERSONAS.values()}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("personas", CHECKOUT / "scripts" / "personas.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestResults:
    @pytest.mark.parametrize("persona_id", PERSONAS)
    def test_year__computed_anew__is_what_the_newest_change_says(
        self, persona_id: str, years: Mapping[str, PersonaYear]
    ) -> None:
        """If this fails, look why, and then: scripts/personas.py "why the figures move"."""
        assert dict(PERSONAS[persona_id].changes[-1].after) == years[persona_id].totals()

    @pytest.mark.parametrize("persona", PERSONAS.values(), ids=lambda persona: persona.id)
    def test_changes__each__starts_from_the_one_before_and_has_a_reason(self, persona: Persona) -> None:
        first, *later = persona.changes

        assert first.before is None
        assert all(len(one.reason.split()) >= 3 for one in persona.changes)
        assert [one.before for one in later] == [one.after for one in persona.changes[:-1]]
        assert [one.on for one in persona.changes] == sorted(one.on for one in persona.changes)
        assert all(one.before != one.after for one in later)

    def test_totals__agree_with_each_other(self, years: Mapping[str, PersonaYear]) -> None:
        for found in years.values():
            year = found.year
            assert year.footprint_gco2e == sum(month.footprint_gco2e for month in year.months)
            assert found.standing_gco2e == year.surplus_gco2e - year.deficit_gco2e
            assert found.plan.credit_gco2e + found.plan.buffer_gco2e <= year.surplus_gco2e


class TestVariety:
    def test_personas__are_of_every_diet_home_travel_and_place_promised(self) -> None:
        assert len(PERSONAS) >= 16
        aspects = {
            name: {one.aspects[name] for one in PERSONAS.values()} for name in ("diet", "home", "travel", "children")
        }
        assert aspects["diet"] == {"high meat", "medium meat", "low meat", "fish", "vegetarian", "vegan"}
        assert {"gas", "coal", "district heat", "heat pump", "oil", "shared"} <= aspects["home"]
        assert {"walker", "metro", "petrol car", "electric car", "hybrid car", "flyer"} <= aspects["travel"]
        assert aspects["children"] == {"none", "with child", "is a child"}
        assert {one.region for one in PERSONAS.values()} == {"CN-SC", "CN-HE", "US-CA", "GB"}

    def test_personas__some_mint_some_owe_and_some_do_neither(self, years: Mapping[str, PersonaYear]) -> None:
        standings = [found.standing_gco2e for found in years.values()]

        assert any(standing > 0 for standing in standings)
        assert any(standing < 0 for standing in standings)
        assert any(standing == 0 for standing in standings)

    def test_personas__say_what_was_assumed(self) -> None:
        assert all("assumption" in one.assumption for one in PERSONAS.values())
        assert all(use.kind in KINDS and use.note for one in PERSONAS.values() for use in one.uses)

    def test_mover__has_one_statement_in_the_region_of_december(self, years: Mapping[str, PersonaYear]) -> None:
        found = years["cn-he-to-sc-mover"]

        assert found.policy.region == "CN-SC"
        assert [stay.policy.region for stay in found.year.member.elsewhere] == ["CN-HE"]
        assert {line.reading.activity.place for line in found.year.lines} == {"CN-HE", "CN-SC"}

    def test_newborn__accrues_from_its_birth(self, years: Mapping[str, PersonaYear]) -> None:
        found = years["us-ca-newborn"]

        assert found.year.member.first == date(2026, 6, 15)
        assert found.year.budget_gco2e == 433_000 * 200 // 365 // 2

    def test_alone__in_a_british_flat__has_the_household_term(self, years: Mapping[str, PersonaYear]) -> None:
        alone, shared = years["gb-coal-cottage"].year, years["gb-village-oil-hybrid"].year

        assert alone.budget_gco2e - shared.budget_gco2e == (159_000 + 243_000 + 104_000) // 5

    def test_diet_only_self_declared__counts_at_the_default_and_mints_nothing(
        self, years: Mapping[str, PersonaYear]
    ) -> None:
        inspected, declared = years["gb-vegan-heat-pump"], years["gb-vegan-self-declared"]

        assert inspected.plan.credit_gco2e > 0
        assert declared.plan.credit_gco2e == 0
        assert declared.year.footprint_gco2e > inspected.year.footprint_gco2e

    def test_statement__under_a_backcast__says_so(self, years: Mapping[str, PersonaYear]) -> None:
        found = years["us-ca-newborn"]

        told = content_of(Account("0x", b"", 1), found.year, found.plan, "0x")

        assert told["policyBackcast"] is True
        assert told["policyIllustrative"] is True


class TestFiles:
    TEXT = (FOLDER / "gb-vegan-heat-pump.toml").read_text("utf-8")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('diet = "vegan"\n', ""),
            ('since = "01-01"', 'since = "02-01"'),
            ('since = "01-01"', 'since = "13-01"'),
            ("people = 2", "people = 0"),
            ('grade = "M"', 'grade = "X"'),
            ('unit = "kWh"\n', ""),
            ('yearly = "70"\n', ""),
            ('yearly = "70"', 'monthly = ["70"]'),
            ('yearly = "70"', 'yearly = "70"\nhome = "another"'),
            ('id = "gb-vegan-heat-pump"', "id ="),
        ],
    )
    def test_file__incomplete_or_contradictory__is_refused(self, old: str, new: str) -> None:
        assert old in self.TEXT

        with pytest.raises(PersonaMalformed) as refused:
            parse_persona(self.TEXT.replace(old, new))

        assert refused.value.code == "persona.malformed"

    def test_unknown__persona__is_not_found(self) -> None:
        with pytest.raises(PersonaUnknown) as refused:
            persona_of("nobody")

        assert refused.value.code == "persona.unknown"


class TestRenewal:
    def test_moved__figures__become_a_change_with_the_reason_from_and_to(self) -> None:
        persona = PERSONAS["gb-vegan-heat-pump"]
        totals = dict(persona.changes[-1].after) | {"credit_gco2e": 1}
        text = (FOLDER / "gb-vegan-heat-pump.toml").read_text("utf-8")

        renewed = parse_persona(
            text + change_text(persona, totals, on=date(2027, 1, 1), reason='a "new" set of factors')
        )

        assert not acknowledged(persona, totals)
        assert acknowledged(renewed, totals)
        assert len(renewed.changes) == len(persona.changes) + 1
        assert renewed.changes[-1].before == persona.changes[-1].after
        assert renewed.changes[-1].reason == 'a "new" set of factors'

    @pytest.mark.parametrize("reason", ["", "because", "no reason"])
    def test_moved__without_a_reason__is_refused(self, reason: str) -> None:
        persona = PERSONAS["gb-vegan-heat-pump"]

        with pytest.raises(ReasonMissing) as refused:
            change_text(persona, {}, on=date(2027, 1, 1), reason=reason)

        assert refused.value.code == "persona.reason_missing"

    def test_script__writes_only_the_files_whose_year_moved(
        self, script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = {name: PERSONAS[name] for name in ("us-ca-newborn", "us-ca-desert-alone")}
        known["us-ca-newborn"] = replace(known["us-ca-newborn"], changes=())
        for name in known:
            shutil.copy(FOLDER / f"{name}.toml", tmp_path)
        monkeypatch.setattr(script, "shipped_personas", lambda: known)

        moved = script.renew(tmp_path, "the figures were never written down")

        assert moved == ["us-ca-newborn"]
        unchanged = tmp_path / "us-ca-desert-alone.toml"
        assert unchanged.read_text("utf-8") == (FOLDER / unchanged.name).read_text("utf-8")
        written = parse_persona((tmp_path / "us-ca-newborn.toml").read_text("utf-8"))
        assert written.changes[-1].after == PERSONAS["us-ca-newborn"].changes[-1].after


class TestExplained:
    PAGE = CHECKOUT / "docs" / "a-year-explained.md"

    def test_page__its_tables_computed_anew__are_what_it_says(self, script: ModuleType) -> None:
        """If this fails: scripts/personas.py writes them anew; read them before you commit."""
        text = self.PAGE.read_text("utf-8")

        assert script.page_of(text) == text

    def test_page__holds_every_table_once(self) -> None:
        text = self.PAGE.read_text("utf-8")

        names = ("facts", "factors", "lines", "months", "margin", "sums", "a lost bill")
        assert [text.count(f"<!-- {name} -->\n\n|") for name in names] == [1] * len(names)
        assert text.count("<!-- end -->") == len(names)

    def test_page__its_lines_add_up_to_its_sums(self, years: Mapping[str, PersonaYear]) -> None:
        text = self.PAGE.read_text("utf-8")
        lines = text.partition("<!-- lines -->")[2].partition("<!-- end -->")[0]
        cells = [row.split(" | ") for row in lines.splitlines() if row.startswith("| 2026")]
        year = years["cn-sc-chengdu-metro"].year

        within = sum(int(row[-1].strip(" |").replace(",", "")) for row in cells if row[1] != "diet")
        assert within == sum(month.reported_gco2e for month in year.months)
        assert f"| {year.bound_gco2e:,} |" in text.partition("<!-- sums -->")[2]

    def test_tables__are_put_between_their_marks_and_nowhere_else(self) -> None:
        page = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\n\n<!-- end -->\n"

        assert with_tables(page, {"one": "| 1 |", "three": "| 3 |"}) == (
            "a\n<!-- one -->\n\n| 1 |\n\n<!-- end -->\nb\n<!-- two -->\n\n<!-- end -->\n"
        )
