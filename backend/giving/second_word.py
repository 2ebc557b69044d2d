"""A second signer's words by file: what a charity asks to be signed, carried to another machine and back.

The file holds nothing secret, and whoever signs it has to trust nobody's file: the message is told in the words of its
contract, and a digest in it is made again from what stands beside it: a grant's list of grants, an opening's story.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from backend.access.new_file import new_file
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.chain.typed_data import sign, typed_data
from backend.chain.whole_file import write_whole
from backend.giving.charity_sender import Word, grant_message
from backend.giving.grant import Grant
from backend.giving.signed_message import fresh_number
from backend.giving.story import Story
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import Conflict, InvalidInput, RuleViolated
from backend.ledger.address import require_address

FORMAT = "tanyu-second-word/1"
ASKED_FOR = timedelta(days=7)
"""How long a word by file is good for from its asking."""
CONTRACT = "Charity"
OPEN_CAMPAIGN, CLOSE_EARLY, RETIRE_EARLY, GRANT = "OpenCampaign", "CloseEarly", "RetireEarly", "Grant"

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidInput)


class WordFileUnreadable(InvalidInput):
    """Not a file that `--ask` wrote."""

    code = "charity.word_file_unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} holds no request for a second signer's word: {why}", file=str(path), why=why)


class WordElsewhere(Conflict):
    """The file asks for a word at another chain or contract."""

    code = "charity.word_elsewhere"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"the file is for {found}, the deployment is {expected}", found=found, expected=expected)


class WordUnsigned(RuleViolated):
    """The second signer has not signed the file yet."""

    code = "charity.word_unsigned"

    def __init__(self, path: Path | None) -> None:
        super().__init__(f"{path} is not signed yet: `tanyu campaign countersign {path}`", file=str(path))


class WordDiffers(Conflict):
    """The file is for another act than the one that is asked for now."""

    code = "charity.word_differs"

    def __init__(self, path: Path, field: str, found: object, expected: object) -> None:
        super().__init__(
            f"{path} is for another act: its {field} is {_text(found)}, asked for is {_text(expected)}",
            field=field,
            found=_text(found),
            expected=_text(expected),
        )


@dataclass(frozen=True)
class AskedWord:
    """One act that a second signer is asked to sign. `message` as signed, with number and deadline; `grants` and
    `story`: what the digest of a grant or of an opening commits to; `signature` once there is one.
    """

    type_name: str
    message: Mapping[str, object]
    grants: tuple[Grant, ...] = ()
    story: Story | None = None
    signature: bytes | None = None

    @classmethod
    def of(
        cls,
        type_name: str,
        message: Mapping[str, object],
        deadline: int,
        *,
        grants: Sequence[Grant] = (),
        story: Story | None = None,
    ) -> "AskedWord":
        """An act under a fresh number, good until a deadline in Unix seconds."""
        numbered = {**message, "number": fresh_number(), "deadline": deadline}
        return cls(type_name, numbered, tuple(grants), story)

    def signed(self, second: Signer, deployment: Deployment) -> "AskedWord":
        """With the second signer's signature."""
        return replace(self, signature=sign(second, self.type_name, deployment.domain(CONTRACT), self.message))

    def word(self, path: Path | None) -> Word:
        """As the contract takes it; `path`: the file it stands in. Raises WordUnsigned."""
        if self.signature is None:
            raise WordUnsigned(path)
        number, deadline = self.message["number"], self.message["deadline"]
        assert isinstance(number, int)
        assert isinstance(deadline, int)
        return number, deadline, self.signature


@dataclass(frozen=True)
class WordFile:
    """The acts of one file, and where they are valid."""

    path: Path
    chain_id: int
    contract: str
    acts: tuple[AskedWord, ...]

    @classmethod
    def ask(cls, path: Path, deployment: Deployment, acts: Sequence[AskedWord]) -> "WordFile":
        """Writes a new file. Raises FileUnusable."""
        asked = cls(path, deployment.chain_id, deployment.address(CONTRACT), tuple(acts))
        with new_file(path) as out:
            out.write(asked.content)
        return asked

    @classmethod
    def load(cls, path: Path, deployment: Deployment) -> "WordFile":
        """Reads one. Raises WordFileUnreadable, WordElsewhere."""
        try:
            told = json.loads(path.read_text("utf-8"))
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']!r}, expected {FORMAT!r}")
            found = cls(path, int(told["chainId"]), str(told["contract"]), tuple(map(_act, told["acts"])))
        except _UNREADABLE as failure:
            raise WordFileUnreadable(path, str(failure)) from failure
        if not found.acts:
            raise WordFileUnreadable(path, "it asks for nothing")
        here = f"chain {deployment.chain_id}, {deployment.address(CONTRACT)}"
        there = f"chain {found.chain_id}, {found.contract}"
        if there != here:
            raise WordElsewhere(there, here)
        return found

    def signed(self, second: Signer, deployment: Deployment) -> "WordFile":
        """Signs every act, and writes the file in the place of the old one."""
        found = replace(self, acts=tuple(act.signed(second, deployment) for act in self.acts))
        write_whole(self.path, found.content)
        return found

    def require(self, type_name: str, message: Mapping[str, object]) -> None:
        """Raises WordDiffers unless every act is of this type and has what of the message is given."""
        for act in self.acts:
            if act.type_name != type_name:
                raise WordDiffers(self.path, "type", act.type_name, type_name)
            for name, expected in message.items():
                if act.message[name] != expected:
                    raise WordDiffers(self.path, name, act.message[name], expected)

    @property
    def content(self) -> bytes:
        """As it stands in the file."""
        return canonical_json(
            {
                "format": FORMAT,
                "chainId": self.chain_id,
                "contract": self.contract,
                "acts": [
                    {
                        "type": act.type_name,
                        "message": {name: _text(value) for name, value in act.message.items()},
                        "grants": [
                            {"reference": to_hex(one.reference), "amountGco2e": str(one.amount_gco2e)}
                            for one in act.grants
                        ],
                        "story": None if act.story is None else act.story.document().decode(),
                        "signature": None if act.signature is None else to_hex(act.signature),
                    }
                    for act in self.acts
                ],
            }
        )


def _text(value: object) -> str:
    return to_hex(value) if isinstance(value, bytes) else str(value)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _value(kind: str, text: str) -> int | bytes | str:
    match kind:
        case "bytes32":
            return _octets(text)
        case "address":
            require_address(text)
            return text
        case "string":
            return text
        case _:
            return int(text)


def _act(told: Mapping[str, Any]) -> AskedWord:
    """One act; raises ValueError for a type that no second signer signs, and for what is not its digest's."""
    type_name = told["type"]
    if type_name not in {OPEN_CAMPAIGN, CLOSE_EARLY, RETIRE_EARLY, GRANT}:
        raise ValueError(f"no second signer signs {type_name!r}")
    message = {name: _value(kind, told["message"][name]) for name, kind in typed_data(type_name).fields}
    grants = tuple(Grant(_octets(one["reference"]), int(one["amountGco2e"])) for one in told["grants"])
    if type_name == GRANT:
        campaign_id, class_id = message["campaignId"], message["classId"]
        assert isinstance(campaign_id, int)
        assert isinstance(class_id, int)
        made = grant_message(campaign_id, class_id, grants)
        if any(message[name] != value for name, value in made.items()):
            raise ValueError("its grants are not those of its digest")
    story = Story.read(told["story"]) if type_name == OPEN_CAMPAIGN else None
    if story is not None:
        told_of = (story.digest, str(story.kind), story.target_gco2e)
        if told_of != (message["storyDigest"], message["kind"], message["targetGco2e"]):
            raise ValueError("its story is not that of its terms")
    signature = told["signature"]
    return AskedWord(type_name, message, grants, story, None if signature is None else _octets(signature))
