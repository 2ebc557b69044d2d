"""An auditor reads the chain in the page itself, from a node they name, follows a credit's whole life, checks files."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.words import Words
from tests.browser.world import World


def test_auditor__reads_the_chain_alone__finds_it_as_promised_and_follows_a_mint(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    opened = opener.open("/audit", look)
    page, person = opened.page, opened.person
    person.write(page.get_by_label(words["audit.node"]), world.rpc_url)
    page.get_by_label(words["audit.deployment"]).set_input_files(world.folder / "deployment.json")
    expect(page.get_by_text(words["audit.deployment_given"])).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    person.press(page.get_by_role("button", name=words["audit.read"]))
    expect(page.get_by_role("heading", name=words["audit.clean"])).to_be_visible()
    axe(page)
    assert world.rpc_url in {url.rstrip("/") for url in asked}
    ours = [url for url in asked if url.startswith(world.url) and "/sessions" not in url]
    assert ours == [], "the server was asked while the chain was read"

    with page.expect_download() as told:
        person.press(page.get_by_role("button", name=words["audit.report"]))
    told.value.save_as(tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["findings"] == []
    assert sum(check["made"] for check in report["checks"]) > 50
    issued = [row for row in report["classes"] if row["issued"] != "0"]
    parts = ("held", "buffer", "retired", "cancelled")
    assert issued, "the sample year mints"
    assert all(int(row["issued"]) == sum(int(row[part]) for part in parts) for row in issued)

    person.press(page.get_by_role("link", name=words["audit.list_fills"]))
    expect(page.get_by_role("cell", name="Filled").first).to_be_visible()
    person.press(page.get_by_role("link", name=words["audit.back"]))
    person.press(page.get_by_role("region", name=words["audit.mints"]).get_by_role("link").first)
    expect(page.get_by_role("heading", name=words["audit.life"])).to_be_visible()
    expect(page.get_by_role("cell", name=words["audit.cause_mint"])).to_be_visible()
    axe(page)
    person.press(page.get_by_role("table").get_by_role("link").first)
    expect(page.get_by_role("heading", name="CarbonCredit: Issued").first).to_be_visible()


def test_auditor__names_a_node_of_another_chain__is_told_and_shown_nothing(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    opened = opener.open("/audit", look)
    page, person = opened.page, opened.person
    wrong = json.loads((world.folder / "deployment.json").read_text("utf-8")) | {"genesis_hash": "0x" + "ab" * 32}
    file = tmp_path / "deployment.json"
    file.write_text(json.dumps(wrong), "utf-8")

    person.write(page.get_by_label(words["audit.node"]), world.rpc_url)
    page.get_by_label(words["audit.deployment"]).set_input_files(file)
    expect(page.get_by_text(words["audit.deployment_given"])).to_be_visible()
    person.press(page.get_by_role("button", name=words["audit.read"]))
    expect(page.get_by_role("alert")).to_contain_text(words.like("audit.wrong_genesis"))
    expect(page.get_by_role("heading", name=words["audit.clean"])).not_to_be_visible()


def test_auditor__is_handed_a_statement__sees_that_it_proves_itself_or_was_changed(
    opener: Opener, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    opened = opener.open("/audit/files", look)
    page = opened.page
    vectors = Path(__file__).parents[1] / "vectors" / "statement_document.json"
    genuine = json.loads(vectors.read_text("utf-8"))["statement"]
    for name, text in (("genuine.json", genuine), ("changed.json", genuine.replace('"2000000"', '"2000001"'))):
        (tmp_path / name).write_text(text, "utf-8")

    page.locator("input[type=file]").set_input_files(tmp_path / "genuine.json")
    expect(page.get_by_text(words.like("audit.statement_whole"))).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "changed.json")
    expect(page.get_by_role("alert")).to_contain_text(words["audit.document_tampered"])
    expect(page.get_by_text(words.like("audit.statement_whole"))).not_to_be_visible()
    axe(page)


def test_auditor__is_handed_a_claim__sees_it_prove_itself_and_what_the_chain_says(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    with world.client(world.person("zigong-couple-1")) as client:
        claim = client.get("/statements/2025/claim")
    kilogram_more = str(int(claim["leaf"]["amountGco2e"]) + 1000)
    changed = claim | {"leaf": claim["leaf"] | {"amountGco2e": kilogram_more}}
    files = {"claim.json": claim, "changed.json": changed, "other.json": {"schema": "another/1"}}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), "utf-8")

    opened = opener.open("/audit", look)
    page, person = opened.page, opened.person
    person.write(page.get_by_label(words["audit.node"]), world.rpc_url)
    page.get_by_label(words["audit.deployment"]).set_input_files(world.folder / "deployment.json")
    expect(page.get_by_text(words["audit.deployment_given"])).to_be_visible()
    person.press(page.get_by_role("button", name=words["audit.read"]))
    expect(page.get_by_role("heading", name=words["audit.clean"])).to_be_visible()
    person.press(page.get_by_role("link", name=words["audit.part_files"]))
    page.get_by_label(words["audit.files_drop"]).set_input_files(tmp_path / "claim.json")
    expect(page.get_by_text(words.like("audit.claim_leads"))).to_be_visible()
    expect(page.get_by_text(words["audit.claim_minted"])).to_be_visible()

    page.goto("/give/check")  # the same for who is no auditor
    drop = page.get_by_label(words["give.check_drop"])
    drop.set_input_files(tmp_path / "claim.json")
    expect(page.get_by_role("heading", name=words["give.proved_claim"])).to_be_visible()
    axe(page)
    for name, says in (("changed.json", "give.proved_tampered"), ("other.json", "give.proved_malformed")):
        drop.set_input_files(tmp_path / name)
        expect(page.get_by_role("alert")).to_have_text(words[says])
    expect(page.get_by_role("heading", name=words["give.proved_claim"])).to_have_count(0)
