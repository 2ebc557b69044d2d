"""How a command of a charity comes to its second signer's word: its key at hand, or a file carried there and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from backend.access.signed_in import key_of
from backend.chain.contracts import Contracts
from backend.chain.keys import require_dev_chain
from backend.giving.charity_sender import CharitySender, Word
from backend.giving.second_word import ASKED_FOR, AskedWord, WordFile
from backend.giving.story import Story
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.errors import InvalidInput

SecondKeystore = Annotated[
    Path | None, typer.Option("--second-keystore", help="The second signer's keystore file, version 3.")
]
SecondPassword = Annotated[Path | None, typer.Option("--second-password-file", help="Holds its password.")]
SecondDev = Annotated[int | None, typer.Option("--second-dev", min=0, help="Or a development account.")]
Ask = Annotated[
    Path | None,
    typer.Option("--ask", help="Writes what the second signer is to sign to this new file, for a week, and ends."),
]
WordOf = Annotated[
    Path | None, typer.Option("--word", help="The file that the second signer signed: `campaign countersign FILE`.")
]


class SecondMissing(InvalidInput):
    """An act of two without a way to the second signer's word."""

    code = "charity.second_missing"

    def __init__(self) -> None:
        super().__init__(
            "a charity acts by two: give its second signer's key (--second-keystore with --second-password-file, or "
            "--second-dev), or ask for its word by file (--ask FILE, and then --word FILE)"
        )


@dataclass(frozen=True)
class SecondOptions:
    """What a command was given of the second signer: a key, or `ask`, the file to write, or `word_file`, one that came
    back.
    """

    keystore: Path | None
    password_file: Path | None
    dev: int | None
    ask: Path | None
    word_file: Path | None

    def require(self) -> None:
        """Raises SecondMissing if there is no way to a word."""
        if self.keystore is None and self.dev is None and self.ask is None and self.word_file is None:
            raise SecondMissing

    def word(
        self, act: tuple[str, Mapping[str, object]], contracts: Contracts, sender: CharitySender, story: Story | None
    ) -> Word | None:
        """The word for an act (type and message); None if it was asked for by file, with the story if it opens a
        campaign.

        Raises SecondMissing, KeyMissing, WordFileUnreadable, WordElsewhere, WordDiffers, WordUnsigned, FileUnusable.
        """
        self.require()
        (type_name, message), deployment, now = act, contracts.deployment, SystemClock().now()
        if self.ask is not None:
            asked = AskedWord.of(type_name, message, unix_s(now + ASKED_FOR), story=story)
            WordFile.ask(self.ask, deployment, [asked])
            return None
        if self.word_file is not None:
            answered = WordFile.load(self.word_file, deployment)
            answered.require(type_name, message)
            return answered.acts[0].word(self.word_file)
        second = key_of(self.keystore, self.password_file, self.dev)
        if second.is_development:
            require_dev_chain(deployment.chain_id)
        asked = AskedWord.of(type_name, message, sender.deadline(now), story=story)
        return asked.signed(second.signer, deployment).word(None)
