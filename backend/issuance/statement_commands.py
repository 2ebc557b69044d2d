"""`tanyu statement verify`: a statement's papers, computed and proved again; offline unless a node is named."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from backend.access.terminal import EXIT_FINDING, AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.rpc import connect
from backend.issuance.checked import Checked, checked, disagreements, on_chain
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated
from backend.ledger.commands import app as statement
from backend.ledger.commands import read_text
from backend.ledger.document import disclose, verify
from backend.ledger.person_commands import Vintage, person
from backend.ledger.privacy_commands import app as me
from backend.ledger.privacy_commands import save
from backend.ledger.recompute import Discrepancy
from backend.ledger.sources import Sources, factors_from, policy_from
from backend.storage.settings import Settings

__all__ = ["me", "statement"]

_BRIEF = ("class", "firstDay", "lastDay", "budgetGco2e", "footprintGco2e", "boundGco2e", "creditGco2e", "deficitGco2e")


class IssuerUnexpected(RuleViolated):
    """A credential of another issuer than was asked for."""

    code = "credential.issuer_unexpected"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found} issued it, not {expected}", found=found, expected=expected)


def _paper(paper: Checked) -> dict[str, Any]:
    says = (
        paper.says if paper.kind == "disclosure" else {name: paper.says[name] for name in _BRIEF if name in paper.says}
    )
    return {"kind": paper.kind, "digest": to_hex(paper.digest), **says, **paper.shown}


def _finding(one: Discrepancy) -> dict[str, str]:
    return {
        "code": one.code,
        "field": one.field,
        "says": one.says,
        "recomputed": one.recomputed,
        "sentence": one.sentence,
    }


def _render(result: dict[str, Any]) -> RenderableType:
    parts: list[RenderableType] = []
    for paper in (*result["papers"], *([result["chain"]] if result["chain"] else [])):
        parts.append(told(paper))
    parts += [f"{one['code']}: {one['sentence']}" for one in result["findings"]] or ["nothing is wrong with it"]
    return Group(*parts)


Files = Annotated[list[Path], typer.Argument(help="A document, disclosure, credential or claim file; several of one.")]
Disclosed = Annotated[
    list[str] | None, typer.Option("--disclose", help="Print a document that shows only this field; repeat for more.")
]
FactorFiles = Annotated[list[Path] | None, typer.Option("--factors", help="A factor set that is not shipped: JSON.")]
PolicyFiles = Annotated[list[Path] | None, typer.Option("--policy", help="A policy that is not shipped: TOML or JSON.")]
Issuer = Annotated[str | None, typer.Option("--issuer", help="The address whose key must have issued a credential.")]
Rpc = Annotated[str | None, typer.Option("--rpc", help="A node to ask whether root and mint are on the chain.")]
DeploymentFile = Annotated[Path | None, typer.Option("--deployment", help="The deployment file; ours if not given.")]


@statement.command("verify")
def verify_statement(
    files: Files,
    *,
    disclosed: Disclosed = None,
    factors: FactorFiles = None,
    policy: PolicyFiles = None,
    issuer: Issuer = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    as_json: AsJson = False,
) -> None:
    """Computes a statement again from its document, line by line; proves disclosures, credentials and claim files; and
    that several are of one statement. Offline, but for --rpc. Exit 1 if anything in them does not hold.
    """
    with failing_plainly(as_json=as_json):
        texts = [read_text(file) for file in files]
        if disclosed:
            typer.echo(disclose(verify(texts[0]), disclosed))
            return
        sources = Sources(
            [factors_from(read_text(file)) for file in factors or ()],
            [policy_from(read_text(file)) for file in policy or ()],
        )
        at = SystemClock().now()
        papers = [checked(text, sources, at) for text in texts]
        for paper in papers:
            found = paper.shown.get("issuerAddress")
            if issuer is not None and found is not None and str(found).lower() != issuer.lower():
                raise IssuerUnexpected(str(found), issuer)
        chain = None
        if rpc is not None:
            path = deployment or Settings.of_environment().deployment_path
            chain = on_chain(papers, Contracts(connect(rpc), Deployment.load(path)))
    findings = [one for paper in papers for one in paper.findings] + disagreements(papers)
    result = {
        "papers": [_paper(one) for one in papers],
        "chain": chain,
        "findings": [_finding(one) for one in findings],
    }
    emit(result, as_json=as_json, render=_render)
    if findings:
        raise typer.Exit(EXIT_FINDING)


@me.command("claim")
def claim(
    vintage: Vintage,
    file: Annotated[Path, typer.Argument(help="A new file; readable by you only.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Saves your claim of a year whose batch was planned: with it anybody can mint your credits without this server.
    `tanyu statement verify FILE` proves it.
    """
    save(f"/statements/{vintage}/claim", file, as_json=as_json)


@me.command("credential")
def credential(
    vintage: Vintage,
    audience: Annotated[str, typer.Option("--audience", help="For whom: you have another name for each.")] = "",
    subject: Annotated[
        str, typer.Option("--subject", help="`pairwise`, or `account` to be named by address.")
    ] = "pairwise",
    *,
    as_json: AsJson = False,
) -> None:
    """Your attested statement as a W3C verifiable credential; --json prints the file to hand on."""
    params: dict[str, str | int] = {"audience": audience, "subject": subject}
    person.ask("GET", f"/statements/{vintage}/credential", as_json=as_json, params=params)
