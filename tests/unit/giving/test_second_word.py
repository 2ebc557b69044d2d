"""A second signer's words by file: what is read back is what was asked, and nothing else is signed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.signature import recover
from backend.chain.typed_data import digest
from backend.giving.charity_sender import closing_message, early_message, grant_message
from backend.giving.grant import Grant
from backend.giving.kinds import CampaignKind, Funding
from backend.giving.opening import Opening
from backend.giving.second_options import SecondMissing, SecondOptions
from backend.giving.second_word import (
    CLOSE_EARLY,
    GRANT,
    OPEN_CAMPAIGN,
    RETIRE_EARLY,
    AskedWord,
    WordDiffers,
    WordElsewhere,
    WordFile,
    WordFileUnreadable,
    WordUnsigned,
)
from backend.giving.story import Story

HERE = Deployment(31337, "0x" + "11" * 32, 0, {"Charity": "0x5FbDB2315678afecb367f032d93F642f64180aa3"}, {})
SECOND = dev_signer(DevRole.AID_CHARITY_SECOND)
GRANTS = (Grant(b"\x01" * 32, 1_000), Grant(b"\x02" * 32, 2_000))
STORY = Story("Trees", "树", "Two trees.\nMore.", "两棵树。", CampaignKind.AID, 5_000)
OPENING = Opening(STORY.kind, Funding.ALL_OR_NOTHING, 1_900_000_000, 1_910_000_000, 5_000, STORY.digest)


def asked(path: Path) -> WordFile:
    acts = [AskedWord.of(GRANT, grant_message(2, 7, GRANTS), 2_000_000_000, grants=GRANTS)]
    acts.append(AskedWord.of(RETIRE_EARLY, early_message(2, 7, 500), 2_000_000_000))
    charity = dev_signer(DevRole.AID_CHARITY).address
    acts.append(AskedWord.of(OPEN_CAMPAIGN, OPENING.message(charity), 2_000_000_000, story=STORY))
    return WordFile.ask(path, HERE, [*acts, AskedWord.of(CLOSE_EARLY, closing_message(2), 2_000_000_000)])


def test_file__asked_signed_and_read_back__has_the_second_signers_words(tmp_path: Path) -> None:
    path = tmp_path / "word.json"
    before = asked(path)
    assert WordFile.load(path, HERE) == before
    with pytest.raises(WordUnsigned) as unsigned:
        before.acts[0].word(path)
    assert unsigned.value.code == "charity.word_unsigned"

    WordFile.load(path, HERE).signed(SECOND, HERE)

    for act in WordFile.load(path, HERE).acts:
        number, deadline, signature = act.word(path)
        assert (number, deadline) == (act.message["number"], 2_000_000_000)
        assert recover(digest(act.type_name, HERE.domain("Charity"), act.message), signature) == SECOND.address


def test_file__for_another_act_or_another_chain__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "word.json"
    found = asked(path)
    with pytest.raises(WordDiffers) as differs:
        found.require(RETIRE_EARLY, early_message(2, 7, 500))
    assert differs.value.code == "charity.word_differs"
    WordFile(path, 31337, found.contract, found.acts[:1]).require(GRANT, {"campaignId": 2, "classId": 7})
    elsewhere = Deployment(1, "0x" + "11" * 32, 0, HERE.addresses, {})
    with pytest.raises(WordElsewhere) as refused:
        WordFile.load(path, elsewhere)
    assert refused.value.code == "charity.word_elsewhere"


def _more(told: dict[str, Any]) -> None:
    told["acts"][0]["grants"][0]["amountGco2e"] = "1001"


def _other_type(told: dict[str, Any]) -> None:
    told["acts"][0]["type"] = "Donate"


def _no_field(told: dict[str, Any]) -> None:
    del told["acts"][1]["message"]["amountGco2e"]


def _other_story(told: dict[str, Any]) -> None:
    told["acts"][2]["story"] = told["acts"][2]["story"].replace("Two trees", "Ten trees")


def _no_story(told: dict[str, Any]) -> None:
    told["acts"][2]["story"] = None


def _another_target(told: dict[str, Any]) -> None:
    told["acts"][2]["message"]["targetGco2e"] = "50000"


def _no_address(told: dict[str, Any]) -> None:
    told["acts"][2]["message"]["charity"] = "0x1234"


def _nothing(told: dict[str, Any]) -> None:
    told["acts"] = []


def _other_format(told: dict[str, Any]) -> None:
    told["format"] = "tanyu-second-word/2"


@pytest.mark.parametrize(
    "changed",
    [
        _more,
        _other_type,
        _no_field,
        _other_story,
        _no_story,
        _another_target,
        _no_address,
        _nothing,
        _other_format,
    ],
)
def test_file__that_was_changed__is_not_signed(tmp_path: Path, changed: Callable[[dict[str, Any]], None]) -> None:
    path = tmp_path / "word.json"
    asked(path)
    told = json.loads(path.read_text())
    changed(told)
    path.write_text(json.dumps(told))

    with pytest.raises(WordFileUnreadable) as refused:
        WordFile.load(path, HERE)
    assert refused.value.code == "charity.word_file_unreadable"


def test_options__that_lead_to_no_word__say_which_ones_do() -> None:
    with pytest.raises(SecondMissing) as missing:
        SecondOptions(None, None, None, None, None).require()
    assert missing.value.code == "charity.second_missing"
    SecondOptions(None, None, 4, None, None).require()
