"""Who does what is nobody's choice: the same everywhere, spread evenly, and moved only for who comes or goes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.issuance.assignment import Work, first_of, ranked
from backend.kernel.digest import sha256

VERIFIERS = [dev_signer(index).address for index in range(4, 9)]
SUBJECTS = st.binary(min_size=32, max_size=32)


@given(subject=SUBJECTS, work=st.sampled_from(Work), order=st.permutations(VERIFIERS))
def test_ranked__in_whatever_order_they_are_known__is_the_same(subject: bytes, work: Work, order: list[str]) -> None:
    assert ranked(order, work, subject) == ranked(VERIFIERS, work, subject)
    assert sorted(ranked(order, work, subject)) == sorted(VERIFIERS)


@given(subject=SUBJECTS, gone=st.sampled_from(VERIFIERS))
def test_ranked__without_one__moves_that_ones_work_alone(subject: bytes, gone: str) -> None:
    before = ranked(VERIFIERS, Work.ATTEST, subject)
    after = ranked([one for one in VERIFIERS if one != gone], Work.ATTEST, subject)
    assert after == [one for one in before if one != gone]


def test_ranked__a_thousand_statements__are_spread_evenly() -> None:
    first = Counter(ranked(VERIFIERS, Work.ATTEST, sha256(b"%d" % number))[0] for number in range(1000))
    assert set(first) == set(VERIFIERS)
    assert all(150 <= times <= 250 for times in first.values()), first


def test_ranked__of_another_work__is_another_order() -> None:
    subjects = [sha256(b"%d" % number) for number in range(50)]
    assert any(ranked(VERIFIERS, Work.ATTEST, one)[0] != ranked(VERIFIERS, Work.APPEAL, one)[0] for one in subjects)


def test_first_of__who_is_excluded__is_passed_over() -> None:
    assert first_of(VERIFIERS, VERIFIERS[:2]) == VERIFIERS[2]
    assert first_of(VERIFIERS, VERIFIERS) is None
