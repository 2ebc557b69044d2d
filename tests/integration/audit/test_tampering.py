"""INV-09 the hard way: every field of every event falsified in turn, events left out, told twice, moved.

Two auditors look at each falsified history. One sees what the node said of its blocks, too: nothing escapes it. The
other takes the logs as they are written, as if the node had forged headers, receipts and roots to fit; it must still
find it by signatures, calldata, sums and the contracts' own answers. What only the first can find is listed here, with
why.
"""

from collections.abc import Iterable, Iterator

import pytest

from backend.audit.evidence import check_evidence
from backend.audit.history import History
from backend.audit.questions import Answers
from backend.audit.replay import CHECKS, audit, rebuild
from backend.audit.report import Verdicts
from tests.integration.audit.tampering import Tampering, duplicates, field_tamperings, forged, removals, swaps

ONLY_EVIDENCE = {
    "PaymentToken.Approval.owner": "allowances are excepted from INV-09",
    "PaymentToken.Approval.spender": "as above",
    "PaymentToken.Approval.value": "as above",
    "PaymentToken.Approval.removed": "as above",
    "CarbonCredit.UriSet.removed": "it says nothing: there is no metadata",
    "Governance.RoleGranted.delay": "only that of the deployer, in a constructor, of a role it gave up",
}


def _found_by_evidence(history: History, tampering: Tampering) -> bool:
    verdicts = Verdicts(CHECKS)
    check_evidence(tampering.applied(history), verdicts)
    return bool(verdicts.findings)


def _found_by_books(history: History, tampering: Tampering) -> bool:
    verdicts = Verdicts(CHECKS)
    rebuild(tampering.applied(history), Answers(history.answers), verdicts)
    return bool(verdicts.findings)


def _missed_by_books(history: History, tamperings: Iterable[Tampering]) -> set[str]:
    return {each.name for each in tamperings if not _found_by_books(history, each)}


def _one_of_a_kind(tamperings: Iterable[Tampering]) -> Iterator[Tampering]:
    return iter({each.name: each for each in tamperings}.values())


def test_untouched__nothing_is_found(history: History) -> None:
    assert audit(history).findings == ()


def test_field__of_an_event_of_each_kind_falsified__is_found_by_the_books_alone(history: History) -> None:
    tamperings = list(field_tamperings(history, one_of_a_kind=True))
    assert len(tamperings) > 150
    assert _missed_by_books(history, tamperings) <= ONLY_EVIDENCE.keys()


def test_field__of_an_event_of_each_kind_falsified__is_found_by_the_evidence(history: History) -> None:
    tamperings = list(field_tamperings(history, one_of_a_kind=True))[::8]
    assert [each.name for each in tamperings if not _found_by_evidence(history, each)] == []


def test_event__of_each_kind_left_out__is_found_by_the_books_alone(history: History) -> None:
    assert _missed_by_books(history, _one_of_a_kind(removals(history))) <= ONLY_EVIDENCE.keys()


def test_event__left_out_told_twice_or_moved__is_found_by_the_evidence(history: History) -> None:
    chosen = [*removals(history)][::40] + [*duplicates(history)][::40] + [*swaps(history)][::40]
    assert [each.name for each in chosen if not _found_by_evidence(history, each)] == []


def test_forged_chain__logs_receipts_headers_all_made_to_fit__passes_the_evidence_and_not_the_books(
    history: History,
) -> None:
    tampering = next(
        each for each in field_tamperings(history, one_of_a_kind=True) if each.name == "Exchange.Filled.lots"
    )
    report = audit(forged(history, tampering.logs))
    assert {finding.invariant for finding in report.findings} >= {"INV-04"}
    assert "EVIDENCE" not in {finding.invariant for finding in report.findings}
    assert report.covered["headHash"] != history.head_hash


@pytest.mark.parametrize(
    "name", ["CarbonCredit.Issued.amount", "Charity.Donated.amount", "Exchange.Filled.buyLeftGco2e"]
)
def test_finding__says_where_and_what(history: History, name: str) -> None:
    tampering = next(each for each in field_tamperings(history, one_of_a_kind=True) if each.name == name)
    found = audit(tampering.applied(history)).findings
    place = next(i for i, (one, two) in enumerate(zip(history.logs, tampering.logs, strict=True)) if one != two)
    block = int(history.logs[place]["blockNumber"], 16)
    assert any(finding.where.block == block and finding.expected != finding.found for finding in found)


@pytest.mark.full
@pytest.mark.timeout(3_600)
def test_field__of_every_event_falsified_in_turn__is_found_by_evidence_and_books(history: History) -> None:
    tamperings = list(field_tamperings(history, one_of_a_kind=False))
    assert [each.name for each in tamperings if not _found_by_evidence(history, each)] == []
    assert _missed_by_books(history, tamperings) <= ONLY_EVIDENCE.keys()


@pytest.mark.full
@pytest.mark.timeout(3_600)
def test_every_event__left_out_told_twice_or_moved__is_found_by_the_evidence(history: History) -> None:
    tamperings = [*removals(history), *duplicates(history), *swaps(history)]
    assert [each.name for each in tamperings if not _found_by_evidence(history, each)] == []
    assert _missed_by_books(history, removals(history)) <= ONLY_EVIDENCE.keys()
