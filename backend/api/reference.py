"""`/docs`: the OpenAPI document as one readable page, and `/problems/<code>`: what an error code means. No script."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from backend.api.headers import CSP_PAGE
from backend.api.html import Html, fill, h, join, text
from backend.api.openapi import ProblemCode, problem_codes
from backend.api.stylesheet import stylesheet_url
from backend.kernel.errors import NotFound

Schema = Mapping[str, Any]

_REF = "#/components/schemas/"


class ProblemUnknown(NotFound):
    """No error has that code."""

    code = "not_found.problem"

    def __init__(self, asked: str) -> None:
        super().__init__("no error has that code; /docs lists all", asked=asked)


def prose(markdown: str) -> Html:
    """Paragraphs with `code`, the only marks our docstrings use."""
    paragraphs = []
    for block in re.split(r"\n\s*\n", markdown.strip()):
        pieces = re.split(r"`([^`]+)`", " ".join(block.split()))
        paragraphs.append(h("p", *(h("code", piece) if at % 2 else piece for at, piece in enumerate(pieces))))
    return join(*paragraphs)


def kind(schema: Schema) -> Html:
    """A schema's type in words, linked where it has a name."""
    if "$ref" in schema:
        named = str(schema["$ref"]).removeprefix(_REF)
        return h("a", named, href=f"#schema-{named}")
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return _listed([kind(option) for option in options])
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if words:
        return _listed([h("code", f'"{word}"') for word in words])
    if schema.get("type") == "array":
        return join("list of ", kind(schema.get("items", {})))
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return join("map of ", kind(schema["additionalProperties"]))
    name = str(schema.get("type", "any"))
    return text(f"{name} ({schema['format']})" if "format" in schema else name)


def _listed(parts: list[Html]) -> Html:
    return join(*(part if at == 0 else join(" or ", part) for at, part in enumerate(parts)))


def _notes(schema: Schema, description: str = "") -> Html:
    """What else is known of a value: its description, bounds, default, example."""
    said = description or str(schema.get("description", ""))
    bounds = {"minimum": "at least", "maximum": "at most", "minLength": "min. length", "maxLength": "max. length"}
    facts = [f"{words} {schema[key]}" for key, words in bounds.items() if key in schema]
    if schema.get("default") is not None:
        facts.append(f"default {schema['default']}")
    examples = [str(example) for example in schema.get("examples", ())]
    return join(
        said and join(said, " "),
        h("span", "; ".join(facts) + " ", class_="facts") if facts else None,
        join("e.g. ", h("code", _short(examples[0]), class_="wrap")) if examples else None,
    )


def _short(example: str) -> str:
    return example if len(example) <= 50 else f"{example[:24]}…{example[-8:]}"


def _rows(rows: list[tuple[Html, Html, Html]], heads: tuple[str, str, str]) -> Html:
    body = [h("tr", *(h("td", cell, data_head=words) for cell, words in zip(row, heads, strict=True))) for row in rows]
    head = h("tr", *(h("th", words, scope="col") for words in heads))
    return h("div", h("table", h("thead", head), h("tbody", *body), class_="stack wide"), class_="scroll", tabindex=0)


def _named(name: str, *, required: bool) -> Html:
    return join(h("code", name), None if required else h("span", " optional", class_="facts"))


def fields_table(schema: Schema) -> Html:
    """The fields of an object."""
    required = set(schema.get("required", ()))
    rows = [
        (_named(name, required=name in required), kind(field), _notes(field))
        for name, field in schema.get("properties", {}).items()
    ]
    return _rows(rows, ("Field", "Type", "Meaning")) if rows else h("p", kind(schema))


def _parameters(operation: Schema) -> Html:
    rows = [
        (
            _named(parameter["name"], required=parameter.get("required", False)),
            join(kind(parameter["schema"]), h("span", f" in {parameter['in']}", class_="facts")),
            _notes(parameter["schema"], parameter.get("description", "")),
        )
        for parameter in operation.get("parameters", ())
    ]
    return join(h("h4", "Parameters"), _rows(rows, ("Name", "Type", "Meaning"))) if rows else join()


def _content(content: Schema) -> Html:
    return _listed([join(kind(body["schema"]) if body.get("schema") else media) for media, body in content.items()])


def _answers(operation: Schema) -> Html:
    rows = [
        h("li", h("code", status), " ", _content(answer["content"]) if answer.get("content") else "without a body")
        for status, answer in sorted(operation["responses"].items())
        if status not in {"4XX", "5XX"}
    ]
    return join(h("h4", "Answers"), h("ul", *rows, class_="plain"))


def _body(operation: Schema, schemas: Schema) -> Html:
    """The body's schema by name, and its fields."""
    if "requestBody" not in operation:
        return join()
    content = operation["requestBody"]["content"]
    fields = [
        fields_table(schemas[str(body["schema"]["$ref"]).removeprefix(_REF)])
        for body in content.values()
        if "$ref" in body["schema"]
    ]
    return join(h("h4", "Body: ", _content(content)), *fields)


def _operation(method: str, path: str, operation: Schema, schemas: Schema) -> Html:
    anchor = re.sub(r"[^a-z0-9]+", "-", f"{method}-{path}".lower()).strip("-")
    return h(
        "article",
        h(
            "h3",
            h("span", method.upper(), class_=f"method {method}"),
            " ",
            h("a", h("code", path), href=f"#{anchor}"),
            h("span", "sign-in", class_="badge") if operation.get("security") else None,
        ),
        prose(operation.get("description") or operation.get("summary", "")),
        _parameters(operation),
        _body(operation, schemas),
        _answers(operation),
        id=anchor,
    )


def _by_tag(document: Schema) -> dict[str, list[Html]]:
    groups: dict[str, list[Html]] = {tag["name"]: [] for tag in document.get("tags", ())}
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(method, path, operation, document["components"]["schemas"]))
    return {tag: operations for tag, operations in groups.items() if operations}


def _problem_row(row: ProblemCode) -> tuple[Html, Html, Html]:
    return h("a", h("code", row.code), href=f"/problems/{row.code}"), text(row.status), text(row.meaning)


def render_reference(document: Schema) -> str:
    """The page of an OpenAPI document."""
    said = {tag["name"]: tag["description"] for tag in document.get("tags", ())}
    groups = _by_tag(document)
    schemas = document.get("components", {}).get("schemas", {})
    codes = [_problem_row(row) for row in problem_codes().values()]
    return fill(
        "reference.html",
        stylesheet=stylesheet_url(),
        version=document["info"]["version"],
        introduction=prose(document["info"].get("description", "")),
        contents=h("ul", *(h("li", h("a", tag, href=f"#tag-{tag}")) for tag in groups), class_="plain"),
        operations=join(
            *(
                h("section", h("h2", tag), h("p", said.get(tag, ""), class_="lead"), *operations, id=f"tag-{tag}")
                for tag, operations in groups.items()
            )
        ),
        schemas=join(
            *(
                h(
                    "article",
                    h("h3", h("code", name)),
                    prose(schema.get("description", "")),
                    fields_table(schema),
                    id=f"schema-{name}",
                )
                for name, schema in sorted(schemas.items())
            )
        ),
        problems=_rows(codes, ("Code", "Status", "Meaning")),
    )


def render_problem(row: ProblemCode) -> str:
    """The page of an error code."""
    return fill(
        "problem.html",
        stylesheet=stylesheet_url(),
        code=row.code,
        title=row.title,
        status=row.status,
        meaning=row.meaning,
    )


def page_response(markup: str, **headers: str) -> HTMLResponse:
    """A page of ours with the policy that lets it load our stylesheet and nothing else."""
    return HTMLResponse(markup, headers={"Content-Security-Policy": CSP_PAGE, **headers})


def reference_router() -> APIRouter:
    """`/docs` and `/problems/<code>`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def docs(request: Request) -> HTMLResponse:
        return page_response(render_reference(request.app.openapi()))

    @router.get("/problems/{code}")
    def problem(code: str) -> HTMLResponse:
        row = problem_codes().get(code)
        if row is None:
            raise ProblemUnknown(code)
        return page_response(render_problem(row))

    return router
