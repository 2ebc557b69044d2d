"""INV-08 and INV-09: roles, schedules, spent numbers and digests; and that events say what their calls asked for."""

from typing import Any

import pytest
from eth_abi.abi import encode

from backend.audit.timeline import Call
from backend.chain.keccak import keccak
from backend.chain.typed_data import sign
from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import ADDRESSES, CLASS_ID, DEPLOYMENT, NOBODY, NOW_S, Stage, Told, moved, person, retired

GOVERNOR = person(6).address
DAY_S = 24 * 3_600


def granted(role: int, account: str, *, since: int = NOW_S, new: bool = True, delay: int = 0) -> Told:
    fields = {"roleId": role, "account": account, "delay": delay, "since": since, "newMember": new}
    return ("Governance", "RoleGranted", fields)


def revoked(role: int, account: str) -> Told:
    return ("Governance", "RoleRevoked", {"roleId": role, "account": account})


def test_role__granted_then_revoked__holds_and_a_stranger_cannot_be_revoked() -> None:
    stage = Stage()
    assert stage.tell(granted(0, GOVERNOR), granted(1, person(1).address)) == []
    assert stage.tell(revoked(1, person(1).address)) == []
    assert stage.tell(revoked(1, person(1).address)) == ["permissions.role"]


def test_role__last_admin_leaving__is_found() -> None:
    stage = Stage()
    assert stage.tell(granted(0, GOVERNOR)) == []
    assert stage.tell(revoked(0, GOVERNOR)) == ["permissions.role"]


def test_role__shorter_delay__takes_effect_only_after_the_difference() -> None:
    stage = Stage()
    assert stage.tell(granted(0, GOVERNOR, delay=2 * DAY_S)) == []
    at_once = granted(0, GOVERNOR, new=False)
    assert stage.tell(at_once) == ["permissions.role"]
    assert Stage().tell(granted(0, GOVERNOR), granted(0, GOVERNOR, new=False, delay=9)) == []


def scheduled(nonce: int = 1, **changed: Any) -> Told:
    data = b"\x01\x02"
    identity = keccak(encode(["address", "address", "bytes"], [GOVERNOR, ADDRESSES["Exchange"], data]))
    fields = {"operationId": identity, "nonce": nonce, "schedule": NOW_S + 2 * DAY_S, "caller": GOVERNOR}
    return ("Governance", "OperationScheduled", {**fields, "target": ADDRESSES["Exchange"], "data": data, **changed})


def executed(nonce: int = 1) -> Told:
    return ("Governance", "OperationExecuted", {"operationId": scheduled()[2]["operationId"], "nonce": nonce})


@pytest.mark.parametrize(
    ("wait_s", "broken"), [(DAY_S, ["permissions.schedule"]), (2 * DAY_S, []), (9 * DAY_S, ["permissions.schedule"])]
)
def test_schedule__executed_before_in_and_after_its_week__is_judged(wait_s: int, broken: list[str]) -> None:
    stage = Stage()
    assert stage.tell(scheduled()) == []
    stage.now_s += wait_s
    assert stage.tell(executed()) == broken


def test_schedule__executed_unannounced_or_announced_twice__is_found() -> None:
    stage = Stage()
    assert "permissions.schedule" in stage.tell(executed())
    other = Stage()
    assert other.tell(scheduled()) == []
    assert other.tell(scheduled(nonce=2)) == ["permissions.schedule"]
    assert Stage().tell(scheduled(data=b"\x03")) == ["permissions.schedule"]


def test_number__spent_twice__is_found_but_not_across_contracts() -> None:
    stage = Stage()
    used = {"account": person(0).address, "number": 7}
    assert stage.tell(("CarbonCredit", "NumberUsed", used), ("Charity", "NumberUsed", used)) == []
    assert stage.tell(("Charity", "NumberUsed", used)) == ["permissions.number"]


def test_digest__anchored_again_or_for_tomorrow__is_found() -> None:
    stage, today = Stage(), NOW_S // DAY_S
    anchored = {"topic": b"\x01" * 32, "day": today, "digest": b"\x02" * 32}
    assert stage.tell(("Anchors", "Anchored", anchored)) == []
    assert stage.tell(("Anchors", "Anchored", anchored)) == ["permissions.anchor"]
    assert stage.tell(("Anchors", "Anchored", anchored | {"day": today + 1})) == ["permissions.anchor"]


@pytest.fixture
def holder() -> Stage:
    stage = Stage()
    stage.open_class()
    accredit(stage)
    mint(stage, person(0).address, 100_000, nullifier=1)
    return stage


def _retire_by_sig(**changed: Any) -> Call:
    account = person(0)
    message = {
        "account": account.address,
        "beneficiary": account.address,
        "classId": CLASS_ID,
        "amountGco2e": 5,
        "purpose": "self",
        "ref": bytes(32),
        "number": 3,
        "deadline": NOW_S + 1,
    }
    signature = sign(account, "Retire", DEPLOYMENT.domain("CarbonCredit"), message)
    args = {**message, "amount": message["amountGco2e"], "signature": signature, **changed}
    return Call("CarbonCredit", "retireBySig", args, person(9).address)


def _relayed(**changed: Any) -> list[Told]:
    account = person(0).address
    return [
        ("CarbonCredit", "NumberUsed", {"account": account, "number": 3}),
        moved(account, NOBODY, 5, operator=person(9).address),
        retired(account, 5, **changed),
    ]


def test_relayed_act__as_signed__holds(holder: Stage) -> None:
    assert holder.tell(*_relayed(), calls=[_retire_by_sig()]) == []


@pytest.mark.parametrize("changed", [{"purpose": "other"}, {"ref": b"\x01" * 32}, {"beneficiary": person(4).address}])
def test_event__words_other_than_its_call_asked__break_inv_09(holder: Stage, changed: dict[str, Any]) -> None:
    assert holder.tell(*_relayed(**changed), calls=[_retire_by_sig()]) == ["calls.said"]


@pytest.mark.parametrize("changed", [{"number": 4}, {"deadline": NOW_S + 2}, {"signature": b"\x01" * 65}])
def test_relayed_act__other_than_signed__breaks_inv_08(holder: Stage, changed: dict[str, Any]) -> None:
    assert holder.tell(*_relayed(), calls=[_retire_by_sig(**changed)]) == ["calls.signed"]


def test_relayed_act__after_its_deadline__breaks_inv_08(holder: Stage) -> None:
    holder.now_s += 1
    assert holder.tell(*_relayed(), calls=[_retire_by_sig()]) == ["calls.signed"]


def test_call__that_left_no_event__breaks_inv_09(holder: Stage) -> None:
    pause = Call("Exchange", "pause", {}, person(9).address)
    assert holder.tell(calls=[pause]) == ["calls.said"]
    assert holder.tell(("Exchange", "Paused", {"account": person(9).address}), calls=[pause]) == []
