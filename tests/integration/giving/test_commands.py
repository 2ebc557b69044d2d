"""`tanyu give`, `tanyu campaign` and `tanyu retire` against a served API and a real node."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from backend.access.client import ApiClient
from backend.chain.contracts import Contracts
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.node import LocalNode
from backend.giving import charity_sender
from backend.giving.board_commands import app as give
from backend.giving.certificate_commands import app as retire
from backend.giving.deciding import close_campaign
from backend.giving.kinds import Funding
from backend.giving.listing_commands import app as campaign
from backend.link.desk import Sent
from backend.link.node import Node
from tests.contract.people import CLASS_ID
from tests.integration.giving.served import Place, serving
from tests.integration.giving.world import POOL_STORY, World
from tests.unit.giving.pictures import png

CODE = "US-CA/2025/SIM"
DONOR = 100
"""Development account of the world's person 0."""


@pytest.fixture(scope="module")
def place(world: World, node: LocalNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Served with one campaign that got one gift."""
    campaign_id = world.open(world.pool, "shown", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    world.donor(0, 20_000)
    world.give(0, campaign_id, 2_500)
    with serving(world, node, tmp_path_factory.mktemp("deployment")) as served:
        yield served


def test_give__campaigns_campaign_gifts_and_trails__are_shown_and_printed_as_json(place: Place) -> None:
    shown = CliRunner().invoke(give, ["campaigns", "quieter", "--url", place.url], env={"COLUMNS": "200"})
    listed = place.run(give, "campaigns")
    one = place.run(give, "campaign", 1)
    gifts = place.run(give, "gifts", 1)

    assert "A quieter sky" in shown.stdout
    assert listed[0] == one
    assert one["total"]["donatedGco2e"] == "2500"
    assert [gift["amountGco2e"] for gift in gifts] == ["2500"]
    assert place.run(give, "campaigns", "no such words") == []
    assert place.run(give, "campaigns", "--kind", "aid") == []
    table = CliRunner().invoke(give, ["gifts", "1", "--url", place.url], env={"COLUMNS": "300"})
    assert gifts[0]["receiptId"] in table.stdout
    assert place.run(give, "trails", 1)[0]["parts"][0]["fate"] == "held"
    assert len(place.run(give, "charities")) == 2


def test_trails_and_gifts__for_people__say_whose_gift_of_which_class_each_part_is_of(place: Place) -> None:
    gift = place.run(give, "gifts", 1)[-1]

    trails = CliRunner().invoke(give, ["trails", "1", "--url", place.url], env={"COLUMNS": "300"}).stdout
    gifts = CliRunner().invoke(give, ["gifts", "1", "--url", place.url], env={"COLUMNS": "300"}).stdout

    part = next(line for line in trails.splitlines() if "held" in line)
    assert gift["donor"] in part
    assert CODE in part
    assert "2.500 kg" in part
    assert "the donor's gifts now" not in gifts


def test_gifts_and_trails__of_a_donor_without_a_name__are_unnamed(place: Place) -> None:
    wide = {"COLUMNS": "300"}
    for listed in ("gifts", "trails"):
        for language, unnamed in (("en", "unnamed"), ("zh", "未署名")):
            shown = CliRunner().invoke(give, [listed, "1", "--url", place.url, "--lang", language], env=wide).stdout
            assert unnamed in shown, shown
    assert place.run(give, "gifts", 1)[-1]["donorName"] is None


def test_board__of_who_asked__is_shown_joined_and_left(place: Place) -> None:
    assert place.run(give, "board", "given")["standings"] == []
    assert place.run(give, "board", "me", "--dev", DONOR)["name"] is None

    place.run(give, "board", "join", "Family [bold]Li[/bold]", "--dev", DONOR)
    [first] = place.run(give, "board", "given", "--campaign", 1)["standings"]
    assert (first["rank"], first["name"]) == (1, "Family [bold]Li[/bold]")
    shown = CliRunner().invoke(give, ["board", "given", "--url", place.url], env={"COLUMNS": "300"}).stdout
    assert "Family [bold]Li[/bold]" in shown, "markup is text"
    assert "not an offset" in shown
    assert CODE in shown
    assert place.run(give, "board", "retired", "--year", 2026)["standings"] == []

    place.run(give, "board", "leave", "--dev", DONOR)
    assert place.run(give, "board", "given")["standings"] == []


def test_campaign__for_people__tells_its_two_titles_apart(place: Place) -> None:
    shown = CliRunner().invoke(give, ["campaign", "1", "--url", place.url], env={"COLUMNS": "300"}).stdout

    assert "title in English" in shown
    assert "title in Chinese" in shown
    assert "as given" not in shown


@pytest.mark.parametrize("app", [give, retire])
def test_receipt__for_people__says_honestly_what_it_is(place: Place, app: typer.Typer) -> None:
    gift = place.run(give, "gifts", 1)[-1]

    ran = CliRunner().invoke(app, ["receipt", gift["receiptId"], "--url", place.url], env={"COLUMNS": "300"})

    assert ran.exit_code == 0
    assert "not an offset and no proof of a reduction" in ran.stdout


def test_unknown_campaign__is_the_servers_problem_and_exit_code_2(place: Place) -> None:
    assert place.run(give, "campaign", 99, code=2)["code"] == "campaign.unknown"


def test_no_server__says_how_to_start_one() -> None:
    ran = CliRunner().invoke(give, ["campaigns", "--url", "http://127.0.0.1:1"])

    assert ran.exit_code == 1
    assert "scripts/run" in ran.stderr


class TestDonor:
    def test_dry_run__shows_what_would_be_signed_and_sends_nothing(self, place: Place) -> None:
        planned = place.run(give, "to", 1, CODE, 1_000, "--dev", DONOR, "--dry-run")

        assert planned["wouldPostTo"] == "/donations"
        assert (planned["body"]["amountGco2e"], planned["body"]["classId"]) == ("1000", str(CLASS_ID))
        place.world.relay()
        assert len(place.run(give, "gifts", 1)) == 1

    def test_allow_and_to__give_by_one_signature(self, place: Place) -> None:
        assert place.run(give, "allow", "--dev", DONOR)["kind"] == "approve"
        place.world.relay()
        assert place.run(give, "to", 1, CODE, 1_500, "--dev", DONOR)["kind"] == "donate"
        place.world.relay()

        assert [gift["amountGco2e"] for gift in place.run(give, "gifts", 1)] == ["1500", "2500"]

    def test_name__is_shown_until_it_is_taken_back(self, place: Place) -> None:
        place.run(give, "name", 1, "Family Li", "--dev", DONOR)
        assert {gift["donorName"] for gift in place.run(give, "gifts", 1)} == {"Family Li"}
        place.run(give, "name", 1, "--dev", DONOR)
        assert {gift["donorName"] for gift in place.run(give, "gifts", 1)} == {None}

    def test_pledge__is_kept_listed_and_withdrawn(self, place: Place) -> None:
        terms = ("--most", 5_000, "--share-bps", 1_000, "--until", "2100-01-01", "--from", "2026-01-01")
        kept = place.run(give, "pledge", 1, CODE, *terms, "--dev", DONOR)
        assert (kept["shareBps"], kept["maxAmountGco2e"], kept["state"]) == (1_000, "5000", "standing")
        assert place.run(give, "pledges", "--dev", DONOR) == [kept]
        told = CliRunner().invoke(give, ["pledges", "--url", place.url, "--dev", str(DONOR)], env={"COLUMNS": "400"})
        assert kept["pledgeHash"] in told.stdout
        assert "the donor's gifts now" not in told.stdout

        place.run(give, "withdraw", kept["number"], "--dev", DONOR)
        place.world.relay()

        assert place.run(give, "pledges", "--dev", DONOR)[0]["state"] == "withdrawn"

    def test_refunds__go_where_the_donor_says(self, place: Place) -> None:
        wallet = place.world.people.person(1).address
        sent = place.run(give, "refund-to", wallet, "--dev", DONOR)
        assert sent["kind"] == "refund-to"
        place.world.relay()

        assert place.run(give, "refund", 1, "--dev", DONOR, code=1)["code"] == "campaign.not_failed"
        assert place.run(give, "refund-to", "0x12", "--dev", DONOR, code=2)["code"] == "account.address_malformed"
        assert place.run(give, "mine", "--dev", DONOR)[0]["gift"]["amountGco2e"] == "1500"

    def test_server__whose_contracts_take_no_such_message__is_not_signed_for(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nothing(_client: ApiClient, _path: str, **_params: object) -> Any:
            return {"messages": []}

        monkeypatch.setattr(ApiClient, "get", nothing)
        refused = place.run(give, "to", 1, CODE, 1, "--dev", DONOR, code=2)
        assert refused["code"] == "signing.message_unknown"


class TestCharity:
    @pytest.fixture
    def story(self, tmp_path: Path) -> Path:
        (tmp_path / "sky.png").write_bytes(png())
        file = tmp_path / "story.toml"
        file.write_text(
            'title_en = "From a file"\ntitle_zh = "来自文件"\nstory_en = "All of it."\nstory_zh = "全部。"\n'
            'picture = "sky.png"\n',
            "utf-8",
        )
        return file

    def test_open_close_and_retire__are_the_charitys_own_transactions(self, place: Place, story: Path) -> None:
        closes = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
        terms = ("--kind", "retire-pool", "--target", 10_000, "--closes", closes, "--dev", int(DevRole.POOL_CHARITY))
        planned = place.desk(campaign, "open", story, *terms, "--dry-run")
        assert "txHash" not in planned
        assert place.desk(campaign, "open", story, *terms, code=2)["code"] == "charity.second_missing"
        wrong = ("--second-dev", int(DevRole.AID_CHARITY_SECOND))
        assert place.desk(campaign, "open", story, *terms, *wrong, code=1)["code"] == "charity.act_refused"
        agreed = (*terms, "--second-dev", int(DevRole.POOL_CHARITY_SECOND))
        opened = place.desk(campaign, "open", story, *agreed)
        place.world.index()
        place.world.pass_time(1)
        again = place.desk(campaign, "open", story, *agreed)
        assert again["storyDigest"] == opened["storyDigest"]
        assert again["campaignId"] == opened["campaignId"]
        campaign_id = again["campaignId"]
        shown = place.run(give, "campaign", campaign_id)
        assert (shown["story"]["titleEn"], shown["phase"]) == ("From a file", "collecting")
        assert shown["story"]["picture"] is not None

        place.world.give(0, int(campaign_id), 2_000)
        keys = ("--dev", int(DevRole.POOL_CHARITY), "--second-dev", int(DevRole.POOL_CHARITY_SECOND))
        unfit = ("--dev", int(DevRole.POOL_CHARITY), *wrong)
        assert place.desk(campaign, "retire", campaign_id, CODE, 500, *unfit, code=1)["code"] == "charity.act_refused"
        assert "txHash" not in place.desk(campaign, "retire", campaign_id, CODE, 500, *keys, "--dry-run")
        place.desk(campaign, "retire", campaign_id, CODE, 500, *keys)
        place.world.index()
        assert place.run(give, "campaign", campaign_id)["total"]["retiredGco2e"] == "500"
        refused = place.desk(campaign, "close", campaign_id, *unfit, code=1, url=False)
        assert refused["code"] == "charity.act_refused"
        assert "txHash" not in place.desk(campaign, "close", campaign_id, *keys, "--dry-run", url=False)
        place.desk(campaign, "close", campaign_id, *keys, url=False)
        place.world.index()
        place.world.pass_time(1)
        assert place.run(give, "campaign", campaign_id)["phase"] == "closed"
        with place.world.database.write() as session:
            close_campaign(session, place.world.contracts, int(campaign_id), place.world.clock.at)
        place.world.relay()
        place.desk(campaign, "retire", campaign_id, CODE, 500, "--dev", int(DevRole.POOL_CHARITY))
        place.world.index()
        assert place.run(give, "campaign", campaign_id)["total"]["retiredGco2e"] == "1000"

    def test_name__by_the_registrar_alone__stands_beside_the_address(self, place: Place) -> None:
        address = dev_signer(DevRole.POOL_CHARITY).address
        named = ("name", address, "Clear Sky 晴空")
        refused = place.run(campaign, *named, "--dev", int(DevRole.POOL_CHARITY), code=1)
        assert refused["code"] == "accreditation.grantor_unfit"
        assert place.run(campaign, *named, "--dev", int(DevRole.REGISTRAR))["name"] == "Clear Sky 晴空"

        found = {one["charity"]: one["name"] for one in place.run(give, "charities")}
        assert found[address] == "Clear Sky 晴空"
        assert found[dev_signer(DevRole.AID_CHARITY).address] is None
        shown = CliRunner().invoke(give, ["charities", "--url", place.url], env={"COLUMNS": "80", "FORCE_COLOR": "1"})
        assert "Clear Sky 晴空" in shown.stdout
        place.run(campaign, "name", address, "A blue sky", "--dev", int(DevRole.REGISTRAR))
        assert place.run(give, "charities")[0]["name"] == "A blue sky"
        assert place.run(give, "campaign", 1)["charityName"] == "A blue sky"

    def test_list__by_the_registrar_alone__is_on_the_chain_and_off_it_again(self, place: Place) -> None:
        charity, second = dev_signer(150).address, dev_signer(151).address
        registrar = ("--dev", int(DevRole.REGISTRAR))

        def do(*words: object, code: int = 0) -> Any:
            return place.desk(campaign, *words, code=code, url=False)

        assert "txHash" not in do("list-charity", charity, second, *registrar, "--dry-run")
        assert do("list-charity", charity, second, "--dev", 150, code=1)["code"] == "charity.act_refused"
        assert do("list-charity", charity, charity, *registrar, code=1)["code"] == "charity.act_refused"
        assert do("list-charity", "0x12", second, *registrar, code=2)["code"] == "account.address_malformed"
        do("list-charity", charity, second, *registrar)
        place.world.index()
        assert [one["secondSigner"] for one in place.run(give, "charities") if one["charity"] == charity] == [second]

        assert "txHash" not in do("delist-charity", charity, *registrar, "--dry-run")
        do("delist-charity", charity, *registrar)
        assert do("delist-charity", charity, *registrar, code=1)["code"] == "charity.act_refused"
        place.world.index()
        [told] = [one for one in place.run(give, "charities") if one["charity"] == charity]
        assert (told["listed"], [word["listed"] for word in told["history"]]) == (False, [True, False])

    def test_second_signers_word__is_asked_for_and_brought_back_by_file(self, place: Place, tmp_path: Path) -> None:
        file, key = tmp_path / "word.json", ("--dev", int(DevRole.POOL_CHARITY))
        campaign_id = place.world.open(place.world.pool, "by file", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
        place.world.give(0, campaign_id, 2_000)
        retire_500 = ("retire", campaign_id, CODE, 500, *key)
        second = (*place.chain[2:], "--dev", int(DevRole.POOL_CHARITY_SECOND))

        assert place.desk(campaign, *retire_500, "--ask", file)["file"] == str(file)
        assert place.desk(campaign, *retire_500, "--word", file, code=1)["code"] == "charity.word_unsigned"
        told = CliRunner().invoke(campaign, ["countersign", *map(str, (file, *second)), "--lang", "en"], input="n\n")
        assert "retire 0.5 kg CO2e of US-CA/2025/SIM for ever from the pool of campaign" in told.stderr
        assert place.offline(campaign, "countersign", file, *second, "--yes")["signed"] == "1"
        other = ("retire", campaign_id, CODE, 501, *key, "--word", file)
        assert place.desk(campaign, *other, code=1)["code"] == "charity.word_differs"
        assert "txHash" in place.desk(campaign, *retire_500, "--word", file)
        place.world.index()
        assert place.run(give, "campaign", campaign_id)["total"]["retiredGco2e"] == "500"
        assert place.desk(campaign, *retire_500, "--ask", file, code=2)["code"] == "file.unusable"

    def test_second_signers_word__for_an_opening_and_a_close__comes_by_file(
        self, place: Place, story: Path, tmp_path: Path
    ) -> None:
        story.write_text(story.read_text("utf-8").replace("From a file", "By two files"), "utf-8")
        file, key = tmp_path / "open.json", ("--dev", int(DevRole.POOL_CHARITY))
        closes = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
        terms = ("open", story, "--kind", "retire-pool", "--target", 10_000, "--closes", closes, *key)
        second = (*place.chain[2:], "--dev", int(DevRole.POOL_CHARITY_SECOND))

        asked = place.desk(campaign, *terms, "--ask", file)
        assert (asked["file"], "txHash" in asked) == (str(file), False)
        told = CliRunner().invoke(campaign, ["countersign", *map(str, (file, *second)), "--lang", "en"], input="n\n")
        assert "opens a campaign that retires what it raises" in told.stderr
        assert "  By two files\n  All of it.\n  来自文件\n  全部。" in told.stderr
        place.offline(campaign, "countersign", file, *second, "--yes")
        other = tuple(10_001 if one == 10_000 else one for one in terms)
        assert place.desk(campaign, *other, "--word", file, code=1)["code"] == "charity.word_differs"
        opened = place.desk(campaign, *terms, "--word", file)
        place.world.index()
        place.world.pass_time(1)
        assert place.run(give, "campaign", opened["campaignId"])["story"]["titleEn"] == "By two files"

        close, ending = ("close", opened["campaignId"], *key), tmp_path / "close.json"
        assert place.desk(campaign, *close, "--ask", ending, url=False)["file"] == str(ending)
        assert place.desk(campaign, *close, "--word", file, code=1, url=False)["code"] == "charity.word_differs"
        place.offline(campaign, "countersign", ending, *second, "--yes")
        assert "txHash" in place.desk(campaign, *close, "--word", ending, url=False)
        place.world.index()
        place.world.pass_time(1)
        assert place.run(give, "campaign", opened["campaignId"])["phase"] == "closed"

    def test_node__that_makes_no_block__is_told(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(charity_sender, "Desk", _Waiting)
        keys = ("--dev", int(DevRole.POOL_CHARITY), "--second-dev", int(DevRole.POOL_CHARITY_SECOND))
        waits = place.desk(campaign, "close", 1, *keys, code=1, url=False)
        assert waits["code"] == "charity.act_waits"

    @pytest.mark.parametrize("text", ["", 'title_en = "only"', "title_en = 1", "not toml ["])
    def test_story_file__that_is_none__is_refused(self, place: Place, tmp_path: Path, text: str) -> None:
        file = tmp_path / "story.toml"
        file.write_text(text, "utf-8")
        terms = ("--kind", "aid", "--target", 1, "--closes", "2030-01-01T00:00:00Z", "--dev", 7)

        assert place.desk(campaign, "open", file, *terms, code=2)["code"] == "story.file_malformed"


class _Waiting:
    """A node that takes everything and mines nothing."""

    def __init__(self, contracts: Contracts, _charity: Signer) -> None:
        self.node = Node(contracts.w3)

    def send(self, _contract: str, _data: bytes) -> Sent:
        return Sent(b"t" * 32, None)
