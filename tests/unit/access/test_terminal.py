"""How commands speak and exit."""

import json
from io import StringIO

import pytest
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from typer.testing import CliRunner

from backend.access.client import ApiProblem
from backend.access.figures import short_hex
from backend.access.language import Language
from backend.access.terminal import AsJson, emit, failing_plainly, show, to_json
from backend.access.wire import Amount, Wire
from backend.kernel.errors import Conflict, InvalidInput, NotFound, TanyuError


class Kettle(Wire):
    amount_gco2e: Amount


def run(result: object, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that ends in `result`: a value to print or an error to raise."""
    app = typer.Typer()

    @app.command()
    def kettle(as_json: AsJson = False) -> None:
        with failing_plainly(as_json=as_json):
            if isinstance(result, TanyuError):
                raise result
            emit(result, as_json=as_json, render=lambda value: f"kettle: {value}")

    ran = CliRunner().invoke(app, list(options))
    return ran.exit_code, ran.stdout, ran.stderr


def test_emit__for_people__renders() -> None:
    assert run("blue") == (0, "kettle: blue\n", "")


def test_emit__with_json__prints_json_and_nothing_else() -> None:
    code, out, err = run({"kettles": [Kettle(amount_gco2e=2**70)], "碳": None}, "--json")

    assert (code, err) == (0, "")
    assert json.loads(out) == {"kettles": [{"amountGco2e": str(2**70)}], "碳": None}


def test_emit__a_rich_table__is_printed() -> None:
    app = typer.Typer()

    def table_of(names: list[str]) -> Table:
        table = Table("name")
        for name in names:
            table.add_row(name)
        return table

    @app.command()
    def names() -> None:
        emit(["Xiaolin"], as_json=False, render=table_of)

    assert "Xiaolin" in CliRunner().invoke(app).stdout


ROOT = "0x" + "ab" * 32
AMOUNTS = ("123456789012345", "98765432109876543210", "1", "20260115")


def wide_table() -> Table:
    table = Table("root", "surplus g", "deficit g", "people", "minted", title="batches", caption="a caption")
    table.add_row(ROOT, *AMOUNTS)
    return table


def shown_at(width: int, shown: RenderableType, language: Language = "en") -> str:
    console = Console(file=StringIO(), force_terminal=True, width=width, color_system=None)
    show(shown, console, language)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 80, 132, 200])
def test_show__at_any_width__cuts_and_breaks_no_amount(width: int) -> None:
    text = shown_at(width, wide_table())

    for part in (*AMOUNTS, "batches", "a caption", "surplus g"):
        assert part in text
    assert ROOT in text or short_hex(ROOT) in text


def test_show__a_table_that_fits__is_a_table_and_one_that_cannot_be_is_told_row_by_row() -> None:
    assert ROOT in shown_at(200, wide_table())
    assert f"root: {ROOT}\nsurplus g: {AMOUNTS[0]}\n" in shown_at(40, wide_table())
    fields = Table(show_header=False)
    fields.add_row("root", ROOT)
    assert shown_at(40, fields) == f"root  {ROOT}\n"
    assert shown_at(20, "x" * 50) == "x" * 50 + "\n"


@pytest.mark.parametrize("width", [20, 79, 250])
def test_show__several_tables__cuts_and_breaks_nothing_of_any(width: int) -> None:
    text = shown_at(width, Group(wide_table(), wide_table()))

    assert text.count(ROOT) + text.count(short_hex(ROOT)) == 2
    assert all(text.count(amount) >= 2 for amount in AMOUNTS)


def test_show__short_ids_and_columns_left_out__are_said_once_for_all_tables() -> None:
    text = shown_at(70, Group(wide_table(), wide_table()))

    assert text.count("Long ids are shown by their ends") == 1
    assert text.count("No room for: minted;") == 1
    assert "只显示首尾" in shown_at(80, wide_table(), "zh")


def test_emit__to_a_pipe__has_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app = typer.Typer()

    @app.command()
    def batches() -> None:
        emit({}, as_json=False, render=lambda _: wide_table())

    (row,) = (line for line in CliRunner().invoke(app).stdout.splitlines() if ROOT in line)
    assert all(amount in row for amount in AMOUNTS)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(InvalidInput("no number"), 2), (NotFound("none"), 2), (Conflict("taken"), 1), (TanyuError("odd"), 1)],
)
def test_failing__by_family__exits_with_2_for_bad_input_and_1_otherwise(error: TanyuError, exit_code: int) -> None:
    code, out, err = run(error)

    assert (code, out) == (exit_code, "")
    assert error.code in err
    assert error.message in err


def test_failing__with_json__prints_the_problem_document() -> None:
    code, out, _ = run(Conflict("taken", number=7), "--json")

    assert code == 1
    assert json.loads(out) | {"type": ""} == {
        "type": "",
        "title": "Conflict",
        "status": 409,
        "detail": "taken",
        "code": "conflict",
        "number": "7",
    }


def test_failing__on_a_servers_problem__prints_what_the_server_said() -> None:
    problem = {"status": 422, "code": "order.expired", "detail": "too late"}

    assert json.loads(run(ApiProblem(422, problem), "--json")[1]) == problem
    code, _, err = run(ApiProblem(422, problem))
    assert code == 1
    assert "order.expired: too late" in err
    assert run(ApiProblem(422, problem | {"code": "input.invalid"}))[0] == 2
    assert run(ApiProblem(404, problem | {"code": "market.class_unknown", "status": 404}))[0] == 2


def test_failing__on_rows_of_a_file__tells_every_one_of_them() -> None:
    problem = {"status": 422, "code": "activity.csv_refused", "detail": "line 2 and 2 more", "badRows": "3"}

    rows = [
        {"line": "2", "column": "unit", "code": "unit.unknown", "message": "there is no [kWk]", "unit": "[kWk]"},
        {"line": "5", "column": None, "code": "csv.row_too_long", "message": "too long"},
    ]

    _, _, err = run(ApiProblem(422, problem | {"errors": rows}))

    assert err.splitlines()[1:] == [
        "  line 2, column unit: there is no [kWk] [unit.unknown]",
        "  line 5: too long [csv.row_too_long]",
        "  and 1 more",
    ]


def test_failing__on_fields_of_a_body__tells_them_in_its_sentence_alone() -> None:
    wrongs = [{"at": f"body.{name}", "code": "input.invalid", "message": "no"} for name in "ab"]
    problem = {"status": 422, "code": "input.invalid", "detail": "body.a: no; body.b: no", "errors": wrongs}

    assert run(ApiProblem(422, problem))[2].splitlines() == ["error input.invalid: body.a: no; body.b: no"]


def test_to_json__a_value_without_json_form__is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_json({"raw": b"\x00"})
