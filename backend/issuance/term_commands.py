"""`tanyu verification end-terms` and `unassigned`: verifiers whose time is over, and work that is nobody's."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from backend.access.signed_in import client_at, require_fit_key
from backend.access.terminal import AsJson, failing_plainly
from backend.issuance.assignment import Work
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.issuance.inspection import unassigned_inspections
from backend.issuance.registrar_desk import RegistrarDesk
from backend.issuance.task import unassigned
from backend.issuance.verification_commands import app, registrar
from backend.issuance.verifier import serving, threshold_of
from backend.kernel.clock import SystemClock, iso
from backend.kernel.digest import to_hex
from backend.storage.database import Database
from backend.storage.settings import Settings

__all__ = ["app"]


@app.command("end-terms")
def end_terms(*, rpc: Rpc = None, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """For the registrar: removes from the chain the verifiers whose term is over, whom it would hear for ever."""
    with failing_plainly(as_json=as_json):
        key, contracts = registrar.key(), contracts_at(rpc, deployment)
        with client_at(registrar.url) as client:
            require_fit_key(client, key)
            accreditations = client.get("/verification/accreditations")
        over = [one["verifier"] for one in accreditations if one["removedAt"] is None and not one["serves"]]
        contracts.deployment.check(contracts.w3)
        sent = RegistrarDesk(contracts, key.signer, SystemClock()).remove(over)
        functions = contracts.issuance.functions
        found = {
            "removed": [to_hex(one) for one in sent],
            "remaining": int(functions.verifierCount().call()),
            "threshold": int(functions.threshold().call()),
        }
        registrar.show(found, as_json=as_json)


@app.command("unassigned", offline=True)
def list_unassigned(*, as_json: AsJson = False) -> None:
    """For the operator: work that no verifier may do, and what it waits for: another verifier, or a new term."""
    with failing_plainly(as_json=as_json):
        database, now = Database.of(Settings.of_environment()), SystemClock().now()
        try:
            with database.read() as session:
                found = _unassigned(session, now)
        finally:
            database.close()
    registrar.show(found, as_json=as_json)


def _unassigned(session: Session, now: datetime) -> dict[str, Any]:
    """Whose the work is about, is not told: it needs another verifier, not a name."""
    works = [(one.work, one.statement.vintage, one.since_at) for one in unassigned(session, now)]
    works += [(Work.INSPECT, one.vintage, one.asked_at) for one in unassigned_inspections(session, now)]
    waiting = [{"work": str(work), "vintage": vintage, "since": iso(since_at)} for work, vintage, since_at in works]
    return {"serving": len(serving(session, now)), "threshold": threshold_of(session), "waiting": waiting}
