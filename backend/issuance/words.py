"""Words that a decision, a question or an answer cannot do without. No framework."""

from backend.kernel.errors import InvalidInput


class WordsMissing(InvalidInput):
    """A question, an answer, an appeal or a finding without words."""

    code = "verification.words_missing"

    def __init__(self) -> None:
        super().__init__("say it in words; there are none")


def worded(words: str) -> str:
    """The same words without space around them; raises WordsMissing."""
    if not words.strip():
        raise WordsMissing
    return words.strip()
