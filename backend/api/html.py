"""HTML that is escaped unless it was made here: `h("td", text)` escapes text, and nests what h made."""

from html import escape
from pathlib import Path
from string import Template

PAGES = Path(__file__).parent.joinpath("pages")


class Html(str):
    """Markup; everything else is text."""

    __slots__ = ()


Part = Html | str | int | None

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})


def text(part: Part) -> Html:
    """A part as markup: escaped unless it is Html already; None is nothing."""
    if isinstance(part, Html):
        return part
    return Html("" if part is None else escape(str(part), quote=True))


def join(*parts: Part) -> Html:
    """Parts one after another."""
    return Html("".join(text(part) for part in parts))


def h(name: str, *parts: Part, **attributes: str | int | None) -> Html:
    """An element. Attribute names: a trailing underscore is dropped, others become hyphens; None leaves it out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*parts)}</{name}>")


def fill(page: str, **parts: Part) -> str:
    """A template of `pages/` with every `$name` filled, escaped like everything else."""
    template = Template(PAGES.joinpath(page).read_text(encoding="utf-8"))
    return template.substitute({name: text(part) for name, part in parts.items()})
