"""`tanyu batch classes` and `open-classes`: credit classes that adopted policies need, and governance's two acts."""

from typing import Any

from backend.access.signed_in import DevIndex, Keystore, PasswordFile, key_of
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.contracts import Contracts
from backend.chain.keys import require_dev_chain
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.issuance.class_opening import ClassStanding, GovernorDesk, Standing, class_specs, code_of, missing_classes
from backend.issuance.commands import app
from backend.kernel.clock import SystemClock, iso
from backend.ledger.policy import shipped_policies

__all__ = ["app"]


def _fields(one: ClassStanding) -> dict[str, Any]:
    due_at = None if one.due_at is None else iso(one.due_at)
    return {"creditClass": one.code, "standing": str(one.standing), "dueAt": due_at}


def _checked(rpc: Rpc, deployment: DeploymentFile) -> Contracts:
    contracts = contracts_at(rpc, deployment)
    contracts.deployment.check(contracts.w3)
    return contracts


@app.command("classes")
def list_classes(rpc: Rpc = None, deployment: DeploymentFile = None, *, as_json: AsJson = False) -> None:
    """Lists the credit classes that policies need, and whether the chain has them."""
    with failing_plainly(as_json=as_json):
        contracts, specs = _checked(rpc, deployment), class_specs(shipped_policies())
        missing = set(missing_classes(contracts, specs))
        found = [
            {"creditClass": code_of(one), "standing": str(Standing.MISSING if one in missing else Standing.OPEN)}
            for one in specs
        ]
    emit(found, as_json=as_json, render=told)


@app.command("open-classes")
def open_classes(
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    as_json: AsJson = False,
) -> None:
    """For the governor: announces the classes that are missing; run again when their time has come, creates them."""
    with failing_plainly(as_json=as_json):
        key, contracts = key_of(keystore, password_file, dev), _checked(rpc, deployment)
        if key.is_development:
            require_dev_chain(contracts.deployment.chain_id)
        standings = GovernorDesk(contracts, key.signer, SystemClock()).open(class_specs(shipped_policies()))
    emit([_fields(one) for one in standings], as_json=as_json, render=told)
