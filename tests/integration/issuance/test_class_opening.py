"""A deployment that lacks a class which a policy needs gets it by two acts of governance, with its delay between."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from web3 import Web3

from backend.api.classes import LOOK_EVERY, ClassOpening
from backend.audit.recording import record
from backend.audit.replay import audit
from backend.chain.contracts import Contracts
from backend.chain.deploy import GOVERNOR_DELAY_S, deploy_all, local_roles
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.issuance.class_commands import app
from backend.issuance.class_opening import (
    ClassRefused,
    GovernorDesk,
    Standing,
    class_specs,
    code_of,
    in_words,
    missing_classes,
)
from backend.kernel.clock import FixedClock, SystemClock
from backend.ledger.policy import shipped_policies
from tests.unit.issuance.world import offline_contracts

SPECS = class_specs(shipped_policies())
GOVERNOR = dev_signer(DevRole.GOVERNOR)
TWO_DAYS = timedelta(seconds=GOVERNOR_DELAY_S)


@pytest.fixture
def old(w3: Web3, compiled: None) -> Contracts:  # noqa: ARG001 - a fixture wanted for its effect
    """Deployed when the last two policies were not adopted yet."""
    return Contracts(w3, deploy_all(w3, GOVERNOR, local_roles(SPECS[:-2])))


def test_missing_class__is_announced_once_and_created_when_its_time_has_come(node: LocalNode, old: Contracts) -> None:
    assert missing_classes(old, SPECS) == list(SPECS[-2:])
    clock = FixedClock(SystemClock().now())
    desk = GovernorDesk(old, GOVERNOR, clock)

    announced = desk.open(SPECS)
    assert [(one.code, one.standing) for one in announced] == [
        (code_of(spec), Standing.ANNOUNCED) for spec in SPECS[-2:]
    ]
    assert desk.open(SPECS) == announced, "announced once"
    assert missing_classes(old, SPECS) == list(SPECS[-2:])
    due_at = announced[-1].due_at
    assert due_at is not None
    assert due_at >= clock.now() + TWO_DAYS - timedelta(minutes=1)

    clock.at = due_at
    old.w3.provider.make_request("evm_increaseTime", [GOVERNOR_DELAY_S + 1])  # type: ignore[arg-type]  # anvil's own
    created = desk.open(SPECS)
    assert [one.standing for one in created] == [Standing.OPEN, Standing.OPEN]
    assert in_words(created)[0] == f"Class {code_of(SPECS[-2])} was created."
    assert missing_classes(old, SPECS) == []
    assert desk.open(SPECS) == []
    assert audit(record(node.url, old.deployment)).findings == (), "announced, waited for, done once"


def test_up__on_an_old_deployment__opens_its_classes_in_the_course_of_time(old: Contracts) -> None:
    clock, said = FixedClock(SystemClock().now()), list[str]()
    opening = ClassOpening(GovernorDesk(old, GOVERNOR, clock), clock, said.append)
    for _ in range(3):
        opening.step()
        clock.at += LOOK_EVERY
    assert [("announced" in one, one.split()[1]) for one in said] == [(True, code_of(spec)) for spec in SPECS[-2:]]

    clock.at += 3 * TWO_DAYS  # the chain of this module has moved on before
    old.w3.provider.make_request("evm_increaseTime", [GOVERNOR_DELAY_S + 1])  # type: ignore[arg-type]  # anvil's own
    opening.step()
    assert said[2:] == [f"Class {code_of(spec)} was created." for spec in SPECS[-2:]]
    clock.at += LOOK_EVERY
    opening.step()
    assert opening.is_done
    assert len(said) == 4


def test_up__while_its_node_is_away__says_so_once_and_looks_again() -> None:
    clock, said = FixedClock(SystemClock().now()), list[str]()
    opening = ClassOpening(GovernorDesk(offline_contracts(), GOVERNOR, clock), clock, said.append)
    for _ in range(3):
        opening.step()
        clock.at += LOOK_EVERY
    assert len({one.split(":")[0] for one in said}) == 1
    assert "cannot serve now" in said[0]
    assert not opening.is_done


def test_class__by_somebody_who_is_no_governor__is_refused(old: Contracts) -> None:
    with pytest.raises(ClassRefused) as caught:
        GovernorDesk(old, dev_signer(DevRole.OPERATOR), SystemClock()).open(SPECS)
    assert caught.value.code == "class.refused"
    assert "AccessManagerUnauthorizedCall" in caught.value.message


def test_commands__of_the_governor__list_and_announce(
    node: LocalNode, old: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANYU_DATA_DIR", str(tmp_path))
    kept = tmp_path / "deployment.json"
    old.deployment.save(kept)

    def told(*words: str) -> dict[str, str]:
        run = CliRunner().invoke(app, [*words, "--rpc", node.url, "--deployment", str(kept), "--json"])
        assert run.exit_code == 0, run.output
        return {one["creditClass"]: one["standing"] for one in json.loads(run.stdout)}

    last = {code_of(spec) for spec in SPECS[-2:]}
    assert {code for code, standing in told("classes").items() if standing == "missing"} == last
    assert told("open-classes", "--dev", "0") == dict.fromkeys(last, "announced")
    assert {code for code, standing in told("classes").items() if standing == "missing"} == last
