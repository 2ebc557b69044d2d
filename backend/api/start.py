"""The facts: what Tanyu is in one screen, with numbers of this very server. English and Chinese, no script."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from backend.access.figures import decimal_text, kg_text, minute_text, percent_floor, short_hex
from backend.access.language import Language, language_of
from backend.api.html import PAGES, Html, fill, h, join
from backend.api.reference import page_response
from backend.api.stylesheet import stylesheet_url
from backend.chain.rpc import LOCAL_CHAIN_ID

PRICE_PLACES = 4
"""Decimal places a price shows at least, so that a column of them lines up."""

BAR_UNITS = 1000
"""Width of a bar in its own units; the page scales it."""


@dataclass(frozen=True)
class ClassFacts:
    """A credit class, in grams. issued = held + buffer + retired + cancelled (INV-01); donated: all ever given."""

    class_code: str
    issued_gco2e: int
    held_gco2e: int
    buffer_gco2e: int
    retired_gco2e: int
    cancelled_gco2e: int
    donated_gco2e: int


@dataclass(frozen=True)
class TradeFacts:
    """A fill settled on the chain. `price_per_kg` in base units of the payment token; `tx_hash` as 0x and hex."""

    at: datetime
    class_code: str
    amount_gco2e: int
    price_per_kg: int
    tx_hash: str


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign, in grams. donated = held + retired + granted + refunded (INV-06)."""

    title_en: str
    title_zh: str
    kind: Literal["retire-pool", "aid"]
    target_gco2e: int
    donated_gco2e: int
    retired_gco2e: int
    granted_gco2e: int


@dataclass(frozen=True)
class ChainFacts:
    """Where the chain and our index of it stand. None: it does not answer."""

    chain_id: int
    head_block: int | None
    indexed_block: int | None


@dataclass(frozen=True)
class StartPageFacts:
    """Everything the page shows.

    `trades`: latest first. `contracts`: name to EIP-55 address. `audit_command`: runs as it stands.
    """

    people: int
    classes: tuple[ClassFacts, ...]
    trades: tuple[TradeFacts, ...]
    campaigns: tuple[CampaignFacts, ...]
    chain: ChainFacts
    contracts: Mapping[str, str]
    audit_command: str
    payment_decimals: int = 6
    reads: tuple[str, ...] = field(default=())
    """Paths of public reads worth looking at, such as `/campaigns`."""

    @property
    def issued_gco2e(self) -> int:
        """Over all classes."""
        return sum(row.issued_gco2e for row in self.classes)

    @property
    def retired_gco2e(self) -> int:
        """Over all classes."""
        return sum(row.retired_gco2e for row in self.classes)

    @property
    def donated_gco2e(self) -> int:
        """Over all classes."""
        return sum(row.donated_gco2e for row in self.classes)


Words = Mapping[str, str]


@cache
def words_of(language: Language) -> Words:
    """The page's sentences in a language."""
    catalogue: dict[str, dict[str, str]] = json.loads(PAGES.joinpath("start.json").read_text(encoding="utf-8"))
    return catalogue[language]


def _simulated(facts: StartPageFacts, words: Words) -> Html | None:
    """Said on the local chain, where every class is SIM; other chains refuse such classes."""
    if facts.chain.chain_id != LOCAL_CHAIN_ID:
        return None
    return h("p", h("b", words["sim_title"]), " ", words["sim_text"], class_="sim")


def _tile(number: str, unit: str, caption: str) -> Html:
    return h(
        "div", h("dt", caption), h("dd", number, h("span", f" {unit}", class_="unit") if unit else None), class_="tile"
    )


def _tiles(facts: StartPageFacts, words: Words) -> Html:
    return h(
        "dl",
        _tile(f"{facts.people:,}", "", words["people"]),
        _tile(kg_text(facts.issued_gco2e), "kg", words["issued"]),
        _tile(kg_text(facts.retired_gco2e), "kg", words["retired"]),
        _tile(kg_text(facts.donated_gco2e), "kg", words["donated"]),
        class_="tiles",
    )


def bar(parts: list[tuple[str, int]], whole: int, label: str) -> Html:
    """A bar of coloured parts (class, size) of a whole; SVG, as widths in inline styles would need a laxer policy."""
    shapes, at = [], 0
    for name, size in parts:
        width = min(size * BAR_UNITS // whole, BAR_UNITS - at) if whole else 0
        if width:
            shapes.append(h("rect", class_=f"part-{name}", x=at, y=0, width=width, height=10))
        at += width
    return h(
        "svg",
        h("title", label),
        *shapes,
        class_="bar",
        viewBox=f"0 0 {BAR_UNITS} 10",
        preserveAspectRatio="none",
        role="img",
    )


def _table(heads: list[str], rows: list[list[Html | str]], *, numbers_from: int, empty: str) -> Html:
    if not rows:
        return h("p", empty, class_="empty")
    head = h(
        "tr",
        *(h("th", words, scope="col", class_="n" if at >= numbers_from else None) for at, words in enumerate(heads)),
    )
    body = [
        h(
            "tr",
            *(
                h("td", cell, class_="n" if at >= numbers_from else None, data_head=heads[at])
                for at, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    return h("div", h("table", h("thead", head), h("tbody", *body), class_="stack"), class_="scroll", tabindex=0)


def _class_block(row: ClassFacts, words: Words) -> Html:
    parts = [
        ("held", row.held_gco2e),
        ("buffer", row.buffer_gco2e),
        ("retired", row.retired_gco2e),
        ("cancelled", row.cancelled_gco2e),
    ]
    legend = [
        h("li", h("span", class_=f"dot part-{name}"), f"{words[name]} ", h("b", f"{kg_text(size)} kg"))
        for name, size in parts
    ]
    given = h("li", f"{words['ever_donated']} ", h("b", f"{kg_text(row.donated_gco2e)} kg"))
    label = ", ".join(f"{words[name]} {kg_text(size)} kg" for name, size in parts)
    return h(
        "article",
        h(
            "h3",
            h("code", row.class_code),
            h("span", f"{words['issued']} {kg_text(row.issued_gco2e)} kg", class_="facts"),
        ),
        bar(parts, row.issued_gco2e, label),
        h("ul", *legend, given, class_="legend"),
    )


def _campaign_block(row: CampaignFacts, words: Words, language: Language) -> Html:
    reached = percent_floor(row.donated_gco2e, row.target_gco2e)
    said = words["campaign_progress"].format(
        percent=reached, donated=kg_text(row.donated_gco2e), target=kg_text(row.target_gco2e)
    )
    used = words["campaign_used"].format(retired=kg_text(row.retired_gco2e), granted=kg_text(row.granted_gco2e))
    return h(
        "article",
        h(
            "h3",
            h("bdi", row.title_zh if language == "zh" else row.title_en),
            h("span", words[row.kind], class_="facts"),
        ),
        bar([("donated", min(row.donated_gco2e, row.target_gco2e))], row.target_gco2e, said),
        h("p", said + words["between_sentences"] + used),
    )


def _trades(facts: StartPageFacts, words: Words) -> Html:
    rows: list[list[Html | str]] = [
        [
            h("time", minute_text(row.at), datetime=row.at.isoformat()),
            h("code", row.class_code),
            h("code", short_hex(row.tx_hash), title=row.tx_hash),
            kg_text(row.amount_gco2e),
            decimal_text(row.price_per_kg, facts.payment_decimals, least=PRICE_PLACES),
        ]
        for row in facts.trades
    ]
    heads = [words["time"], words["class"], words["transaction"], "kg", words["price"]]
    return _table(heads, rows, numbers_from=3, empty=words["no_trades"])


def _chain(facts: StartPageFacts, words: Words) -> Html:
    chain = facts.chain
    if chain.head_block is None or chain.indexed_block is None:
        state = words["chain_silent"].format(chain_id=chain.chain_id)
    else:
        lag = max(0, chain.head_block - chain.indexed_block)
        state = words["chain_state"].format(chain_id=chain.chain_id, head=chain.head_block, lag=lag)
    rows: list[list[Html | str]] = [
        [name, h("code", address, class_="wrap")] for name, address in facts.contracts.items()
    ]
    return join(h("p", state), _table([words["contract"], words["address"]], rows, numbers_from=2, empty=""))


def _links(facts: StartPageFacts, words: Words) -> Html:
    known = [
        ("/docs", "link_docs"),
        ("/openapi.json", "link_openapi"),
        ("/health", "link_health"),
        ("/ready", "link_ready"),
    ]
    rows = [h("li", h("a", path, href=path), " ", h("span", words[key], class_="facts")) for path, key in known]
    rows += [h("li", h("a", path, href=path)) for path in facts.reads]
    return h("ul", *rows, class_="plain")


def render_start(facts: StartPageFacts, language: Language) -> str:
    """The page in a language."""
    words = words_of(language)
    steps = [h("li", step) for step in words["flow"].split("|")]
    return fill(
        "start.html",
        stylesheet=stylesheet_url(),
        **{name: words[name] for name in _SENTENCES},
        flow_steps=join(*steps),
        simulated=_simulated(facts, words),
        tiles=_tiles(facts, words),
        classes=join(*(_class_block(row, words) for row in facts.classes))
        or h("p", words["no_classes"], class_="empty"),
        campaigns=join(*(_campaign_block(row, words, language) for row in facts.campaigns))
        or h("p", words["no_campaigns"], class_="empty"),
        trades=_trades(facts, words),
        chain=_chain(facts, words),
        links=_links(facts, words),
        audit_command=facts.audit_command,
    )


_SENTENCES = (
    "html_lang", "title", "tagline", "lead", "other_language", "other_language_link",
    "flow_title", "classes_title", "classes_note", "campaigns_title", "trades_title", "chain_title", "look_title",
    "audit_title", "audit_text", "footer", "skip",
)  # fmt: skip


def start_router(facts: Callable[[], StartPageFacts]) -> APIRouter:
    """`/facts`, with facts read at each request. `?lang=en` or `zh` decides, else Accept-Language."""
    router = APIRouter(include_in_schema=False)

    @router.get("/facts")
    def start(request: Request, lang: str | None = None) -> HTMLResponse:
        language = language_of(lang, request.headers.get("accept-language", ""))
        page = render_start(facts(), language)
        return page_response(
            page, **{"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
        )

    return router
