"""Class ids mean on the chain what they mean here."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from backend.chain.class_id import ClassId, ClassIdMalformed, pack, unpack
from tests.contract.people import CLASS_ID, People, Reverted

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
regions = st.text(LETTERS, min_size=1, max_size=6)
methodologies = st.text(LETTERS, min_size=1, max_size=8)
flips = st.sets(st.integers(min_value=0, max_value=135), min_size=1, max_size=3)


def on_chain(people: People, class_id: int) -> ClassId | None:
    """The class the contract reads in an id; None if it refuses."""
    try:
        region, vintage, methodology = people.contracts.credit.functions.decode(class_id).call()
    except ContractLogicError:
        return None
    return ClassId(region.rstrip(b"\0").decode(), vintage, methodology.rstrip(b"\0").decode())


def here(class_id: int) -> ClassId | None:
    try:
        return unpack(class_id)
    except ClassIdMalformed:
        return None


@given(region=regions, vintage=st.integers(min_value=2000, max_value=2999), methodology=methodologies)
def test_decode__any_packed_class__gives_its_fields(
    people: People, region: str, vintage: int, methodology: str
) -> None:
    assert on_chain(people, pack(region, vintage, methodology)) == ClassId(region, vintage, methodology)


@given(bits=flips, region=regions, methodology=methodologies)
@example(bits={128}, region="CN-SC", methodology="SIM")
@example(bits={64 + 15}, region="CN-SC", methodology="SIM")
def test_decode__bits_flipped__is_read_alike_or_refused_alike(
    people: People, bits: set[int], region: str, methodology: str
) -> None:
    class_id = pack(region, 2025, methodology)
    for bit in bits:
        class_id ^= 1 << bit
    assert on_chain(people, class_id) == here(class_id)


@pytest.mark.parametrize("class_id", [0, 1, 2**256 - 1, CLASS_ID << 1, CLASS_ID >> 8, CLASS_ID | 1 << 255])
def test_decode__no_class_at_all__is_refused_by_both(people: People, class_id: int) -> None:
    assert here(class_id) is None
    with pytest.raises(ContractLogicError):
        people.contracts.credit.functions.decode(class_id).call()


def test_anchor__of_a_class_nobody_opened__is_refused(people: People) -> None:
    unopened = pack("GB", 2025, "SIM")
    batch = people.batch(b"\x41" * 32, 10_000, unopened)
    with pytest.raises(Reverted, match=f"ClassUnknown\\(classId={unopened}\\)"):
        people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
