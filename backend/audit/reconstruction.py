"""INV-09: the state rebuilt from events alone is what the contracts themselves say at the head."""

from collections.abc import Iterable

from backend.audit.history import History
from backend.audit.interface import function
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts
from backend.chain.artifacts import CONTRACT_NAMES

VIEWS = {
    name: Check("INV-09", f"reconstruction.{name}", f"{name}: each view answers what the events add up to")
    for name in CONTRACT_NAMES
}
RECORDED = Check(
    "INV-09", "reconstruction.recorded", "a recorded history holds no answer that its events do not call for"
)

CHECKS = (*VIEWS.values(), RECORDED)


def check_views(history: History, questions: Iterable[Question], answers: Answers, verdicts: Verdicts) -> None:
    """Compares every question's expected answer with the contract's."""
    for question in questions:
        address = history.deployment.address(question.contract)
        answer = answers.call(history.head_number, address, question.calldata)
        verdicts.require(
            VIEWS[question.contract],
            question.is_answered_by(answer),
            question.text,
            expected=question.expected,
            found="never asked" if answer is None else _read(question, answer),
        )


def check_recorded(answers: Answers, verdicts: Verdicts) -> None:
    """Every answer recorded was asked for: an event taken out of a history leaves one behind."""
    unexplained = answers.unexplained
    verdicts.require(RECORDED, not unexplained, "recorded answers", expected="none left over", found=list(unexplained))


def _read(question: Question, answer: bytes) -> object:
    values = function(question.contract, question.view).read_answer(answer)
    return answer if values is None else values
