"""`tanyu campaign list-charity` and `delist-charity`: a registrar lists charities on the chain, by its own key."""

from typing import Annotated

import typer

from backend.access.signed_in import DevIndex, Keystore, PasswordFile, key_of
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.keys import require_dev_chain
from backend.giving.charity_commands import app
from backend.giving.charity_sender import CharitySender
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.kernel.digest import to_hex
from backend.ledger.address import require_address

__all__ = ["app"]

Address = Annotated[str, typer.Argument(metavar="CHARITY", help="The charity's address.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Says what would be done and does nothing.")]


@app.command("list-charity")
def list_charity(
    charity: Address,
    second_signer: Annotated[str, typer.Argument(metavar="SECOND", help="Address of its second signer.")],
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As a registrar: lists a charity with its second signer, or gives a listed one another. All can read it."""
    with failing_plainly(as_json=as_json):
        require_address(charity)
        require_address(second_signer)
        found = {"charity": charity, "secondSigner": second_signer}
        sender = _registrar(keystore, password_file, dev, rpc, deployment)
        if not dry_run:
            found |= {"txHash": to_hex(sender.do("listCharity", charity, second_signer))}
    emit(found, as_json=as_json, render=told)


@app.command("delist-charity")
def delist_charity(
    charity: Address,
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As a registrar: takes a charity off the list at once. Its open campaigns fail and give back what they hold."""
    with failing_plainly(as_json=as_json):
        require_address(charity)
        found = {"charity": charity}
        sender = _registrar(keystore, password_file, dev, rpc, deployment)
        if not dry_run:
            found |= {"txHash": to_hex(sender.do("delistCharity", charity))}
    emit(found, as_json=as_json, render=told)


def _registrar(
    keystore: Keystore, password_file: PasswordFile, dev: DevIndex, rpc: Rpc, deployment: DeploymentFile
) -> CharitySender:
    key, contracts = key_of(keystore, password_file, dev), contracts_at(rpc, deployment)
    if key.is_development:
        require_dev_chain(contracts.deployment.chain_id)
    return CharitySender(contracts, key.signer)
