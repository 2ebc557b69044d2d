"""A household's story: where it stands, why, a file that is refused and one that is taken, a slip undone, its year."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from backend.footprint.csv_intake import COLUMNS
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World
from tests.unit.footprint.bad_rows import BAD
from tests.unit.footprint.feeds import electricity, hours
from tests.unit.footprint.test_trip import LONDON, PARIS, at, gpx, point

WHO = "mianyang-couple-2"
TRACK = gpx(point(LONDON, at(0)) + point(PARIS, at(60))).decode().replace("2025-", "2026-")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
BILL = "electricity,grid_electricity,10,kWh,2026-01-01,2026-01-31,CN-SC,M-77,bill of January"
TRIP = "travel,bus,7.25,passenger_km,2026-01-05,2026-01-05,CN-SC,,a ticket"


def hand_in(page: Page, *rows: str) -> None:
    """Chooses a CSV of these rows in the page's field for files."""
    choose_file(page, "january.csv", "\n".join([",".join(COLUMNS), *rows]))


def choose_file(page: Page, name: str, content: str, encoding: str = "utf-8") -> None:
    """Chooses it in the page's field for files; its type is left to the name, as by a browser that knows none."""
    field = page.locator("input[type=file]")
    field.set_input_files({"name": name, "mimeType": "", "buffer": content.encode(encoding)})


def drop_file(page: Page, told: Words, name: str, content: str) -> None:
    """Lets it fall on that field, as dragged from a folder."""
    dragged = page.evaluate_handle(
        """([name, content]) => {
          const dragged = new DataTransfer();
          dragged.items.add(new File([content], name));
          return dragged;
        }""",
        [name, content],
    )
    page.locator("label").filter(has_text=told["my.file"]).dispatch_event("drop", {"dataTransfer": dragged})


def feed_of_days(count: int) -> str:
    """A Green Button file of a home's first days of 2026, hour by hour."""
    return electricity(hours(int(NEW_YEAR.timestamp()), [120] * 24 * count), point=f"U/{WHO}")


def test_household__sees_its_year_and_opens_a_figure_to_the_factor_it_comes_from(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    opened = opener.open("/my", look, session_of=world.person(WHO))
    page, hands = opened.page, opened.person
    ring = page.get_by_role("img", name=told.like("my.ring"))
    expect(ring).to_be_visible()
    expect(page.get_by_role("heading", name=told["my.savings"])).to_be_visible()
    expect(page.get_by_text(told.like("my.owed")).first).to_be_visible()

    hands.press(page.locator("main a[href='/my/why/2025']").first)
    hands.press(page.locator("a[href='/my/why/2025/electricity/2025-01']"))
    factor = page.locator("a[href^='/my/why/2025/factor/']").first
    expect(factor).to_be_visible()
    axe(page)
    hands.press(factor)

    expect(page.get_by_text(told["my.factor_document"], exact=True)).to_be_visible()
    expect(page.get_by_text(told["my.factor_uncertainty"], exact=True)).to_be_visible()
    axe(page)


def test_household__file_with_a_duplicate__is_refused_by_row_and_a_good_one_is_shown_kept_and_taken_back(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    opened = opener.open("/my/activities", look, session_of=world.person(WHO))
    page = opened.page
    _is_refused(opened, told)

    hand_in(page, TRIP)
    expect(page.get_by_role("heading", name=_of_one(told, "my.preview_count"))).to_be_visible()
    expect(_rows_of_the_trip(page)).to_have_count(1)  # of the preview: nothing is kept yet
    axe(page)
    opened.person.press(page.get_by_role("button", name=_of_one(told, "my.confirm_file")))
    expect(page.get_by_text(_of_one(told, "my.file_kept"))).to_be_visible()

    row = _rows_of_the_trip(page)
    expect(row).to_have_count(1)
    opened.person.press(row.get_by_role("button"))
    dialog = page.get_by_role("dialog", name=told["my.take_back_title"])
    opened.person.press(dialog.get_by_role("button", name=told["my.take_back"], exact=True))
    expect(dialog).to_be_hidden()
    expect(_rows_of_the_trip(page)).to_have_count(0)


def test_household__bad_file__is_told_row_by_row_in_chinese_without_an_english_sentence(
    opener: Opener, world: World
) -> None:
    told = Words("zh")
    opened = opener.open("/my/activities", Look("zh", "mobile"), session_of=world.person(WHO))
    page = opened.page
    with opened.watch.expect_refusal(r"/activities/import", 422):
        hand_in(page, *(row for row, _, _ in BAD))
        expect(page.get_by_role("alert")).to_contain_text(told["my.file_refused"])
        expect(page.get_by_role("alert")).to_contain_text("没有“ell”这个单位")  # their sentences come with the first
    rows = page.get_by_role("alert").get_by_role("listitem").all_inner_texts()
    assert len(rows) == len(BAD)
    assert [row for row in rows if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", row)] == []
    axe(page)

    with opened.watch.expect_refusal(r"/activities/import", 422):
        choose_file(page, "bills.csv", ",".join(COLUMNS) + "\n" + TRIP.replace("a ticket", "车票"), "gb18030")
        expect(page.get_by_role("alert")).to_contain_text("csv.encoding_wrong")


def test_household__green_button_file__is_dropped_previewed_kept_and_a_longer_one_adds_only_what_is_new(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    opened = opener.open("/my/activities", look, session_of=world.person(WHO))
    page, hands = opened.page, opened.person
    hands.write(page.get_by_label(told["my.file_meter"], exact=True), "GB-1")
    drop_file(page, told, "january.xml", feed_of_days(31))
    expect(page.get_by_role("heading", name=_of_one(told, "my.preview_count"))).to_be_visible()
    hands.press(page.locator("summary").filter(has_text=told["my.meter_months"]))
    expect(page.get_by_role("table", name=told["my.meter_months"]).get_by_text("100 %")).to_be_visible()
    axe(page)
    hands.press(page.get_by_role("button", name=_of_one(told, "my.confirm_file")))
    expect(page.get_by_text(_of_one(told, "my.file_kept"))).to_be_visible()

    with opened.watch.expect_refusal(r"/activities/green-button", 409):
        choose_file(page, "two months.xml", feed_of_days(59))
        expect(page.get_by_text("meter.overlap")).to_be_visible()
    hands.press(page.get_by_role("button", name=told["my.only_new"]))
    expect(page.get_by_role("heading", name=_of_one(told, "my.preview_count"))).to_be_visible()
    row = page.get_by_role("table", name=told["my.preview"]).get_by_role("row").nth(1)
    expect(row.get_by_text("2026-02-01")).to_be_visible()
    expect(row.get_by_text("2026-02-28")).to_be_visible()
    hands.press(page.get_by_role("button", name=told["my.leave_file"]))
    expect(page.get_by_role("heading", name=_of_one(told, "my.preview_count"))).to_have_count(0)


def test_household__track__is_told_how_it_was_travelled_before_it_is_shown(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    opened = opener.open("/my/activities", look, session_of=world.person(WHO))
    page, hands = opened.page, opened.person
    choose_file(page, "way.gpx", TRACK)
    hands.choose(page.get_by_label(told["my.track"]), "rail")
    hands.press(page.get_by_role("button", name=told["my.track_look"]))
    expect(page.get_by_role("heading", name=_of_one(told, "my.preview_count"))).to_be_visible()
    axe(page)
    hands.press(page.get_by_role("button", name=told["my.leave_file"]))


def _of_one(told: Words, key: str) -> str:
    """The sentence of a key for one thing: Chinese has no singular of its own."""
    return told[f"{key}.one"] if told.language == "en" else told[key].replace("{count}", "1")


def _rows_of_the_trip(page: Page) -> Locator:
    return page.get_by_role("row").filter(has_text="7.25")


def _is_refused(opened: Opened, told: Words) -> None:
    with opened.watch.expect_refusal(r"/activities/import", 422):
        hand_in(opened.page, BILL, BILL)
        expect(opened.page.get_by_text(told["my.file_refused"])).to_be_visible()
    expect(opened.page.get_by_text("meter.overlap")).to_be_visible()


def test_household__year__has_come_step_by_step_and_its_statement_is_saved(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    opened = opener.open("/my/year/2025", look, session_of=world.person(WHO))
    page = opened.page
    expect(page.get_by_text(told["my.step.attested"], exact=True)).to_be_visible()
    expect(page.get_by_text(told["my.step.anchored"], exact=True)).to_be_visible()
    axe(page)

    with page.expect_download() as saved:
        opened.person.press(page.get_by_role("button", name=told["my.paper_statement"]))
    assert saved.value.suggested_filename == "tanyu-2025-statement.json"
