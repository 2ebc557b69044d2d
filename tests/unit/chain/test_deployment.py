"""The deployment file, and the check that a node serves those very contracts."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from web3 import Web3

from backend.chain.artifacts import CONTRACT_NAMES, NotCompiled, artifact
from backend.chain.deployment import (
    AbiChanged,
    ContractAbsent,
    ContractMissing,
    Deployment,
    DeploymentFileMalformed,
    DeploymentFileMissing,
    WrongNetwork,
)
from backend.chain.node import LocalNode, free_port
from backend.chain.rpc import Network, NodeUnreachable, connect, network_of
from backend.chain.typed_data import Domain, domain_separator


def test_save__then_load__gives_the_same(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "deployment.json"
    deployment.save(path)
    loaded = Deployment.load(path)
    assert loaded == deployment
    assert hash(loaded) == hash(deployment)
    assert [entry.name for entry in path.parent.iterdir()] == ["deployment.json"], "no half-written file beside it"
    assert loaded.network == Network(31337, deployment.genesis_hash)
    assert set(loaded.addresses) == set(CONTRACT_NAMES)


def test_load__lower_case_addresses__are_read_as_eip_55(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    exchange = deployment.address("Exchange")
    assert exchange != exchange.lower()
    path.write_text(json.dumps(asdict(deployment)).replace(exchange, exchange.lower()))
    assert Deployment.load(path).address("Exchange") == exchange


def test_load__made_before_a_later_contract__goes_without_and_says_so(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    raw = asdict(deployment)
    for told in ("addresses", "abi_digests"):
        del raw[told]["RetirementReceipts"]
    path.write_text(json.dumps(raw))
    old = Deployment.load(path)
    assert set(CONTRACT_NAMES) - set(old.addresses) == {"RetirementReceipts"}
    assert (old.has("RetirementReceipts"), old.has("Exchange")) == (False, True)
    for asked in (old.address, old.domain):
        with pytest.raises(ContractAbsent) as refusal:
            asked("RetirementReceipts")
        assert (refusal.value.code, refusal.value.fields) == (
            "deployment.contract_absent",
            {"contract": "RetirementReceipts"},
        )


def test_load__no_file__says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(DeploymentFileMissing) as refusal:
        Deployment.load(tmp_path / "nowhere.json")
    assert refusal.value.code == "deployment.missing"
    assert refusal.value.fields == {"path": str(tmp_path / "nowhere.json")}


Breaking = Callable[[dict[str, object]], object]


def without(name: str) -> Breaking:
    return lambda raw: {key: value for key, value in raw.items() if key != name}


def with_addresses(change: Callable[[dict[str, str]], object]) -> Breaking:
    def broken(raw: dict[str, object]) -> object:
        addresses = raw["addresses"]
        assert isinstance(addresses, dict)
        return raw | {"addresses": change(dict(addresses))}

    return broken


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda _: [], id="a list"),
        pytest.param(lambda _: None, id="null"),
        pytest.param(lambda _: "text", id="text"),
        pytest.param(without("chain_id"), id="no chain id"),
        pytest.param(without("genesis_hash"), id="no genesis"),
        pytest.param(without("abi_digests"), id="no digests"),
        pytest.param(lambda raw: raw | {"chain_id": "main"}, id="chain id in words"),
        pytest.param(lambda raw: raw | {"block_number": None}, id="block null"),
        pytest.param(lambda raw: raw | {"addresses": []}, id="addresses a list"),
        pytest.param(with_addresses(lambda a: a | {"Exchange": "0x12"}), id="short address"),
        pytest.param(with_addresses(lambda a: a | {"Exchange": "nobody"}), id="no address"),
        pytest.param(with_addresses(lambda a: a | {"Exchange": None}), id="address null"),
        pytest.param(
            with_addresses(lambda a: a | {"Exchange": "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}), id="typo"
        ),
        pytest.param(with_addresses(lambda a: {n: x for n, x in a.items() if n != "Charity"}), id="a contract missing"),
        pytest.param(lambda raw: raw | {"abi_digests": {}}, id="a digest missing"),
    ],
)
def test_load__not_a_deployment__is_refused(deployment: Deployment, tmp_path: Path, broken: Breaking) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(broken(asdict(deployment))))
    with pytest.raises(DeploymentFileMalformed) as refusal:
        Deployment.load(path)
    assert refusal.value.code == "deployment.malformed"
    assert refusal.value.fields["path"] == str(path)


@pytest.mark.parametrize("content", [b"", b"{", b"not json", b"\xff\xfe{}"])
def test_load__not_json__is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deployment.json"
    path.write_bytes(content)
    with pytest.raises(DeploymentFileMalformed):
        Deployment.load(path)


def test_check__the_very_chain__passes(w3: Web3, deployment: Deployment) -> None:
    deployment.check(w3)
    assert network_of(w3) == deployment.network


def test_check__another_genesis_or_chain_id__is_refused(w3: Web3, deployment: Deployment) -> None:
    for moved in (replace(deployment, genesis_hash="0x" + "12" * 32), replace(deployment, chain_id=1)):
        with pytest.raises(WrongNetwork) as refusal:
            moved.check(w3)
        assert refusal.value.code == "chain.wrong_network"
        assert refusal.value.fields == {
            "chain_id": 31337,
            "genesis_hash": deployment.genesis_hash,
            "expected_chain_id": moved.chain_id,
            "expected_genesis_hash": moved.genesis_hash,
        }


def test_check__a_fresh_chain_of_the_same_id__is_refused(deployment: Deployment) -> None:
    with LocalNode(genesis_unix_s=1_700_000_000) as other, pytest.raises(WrongNetwork):
        deployment.check(connect(other.url))


def test_check__no_code_at_an_address__is_refused(w3: Web3, deployment: Deployment) -> None:
    nowhere = Web3.to_checksum_address("0x" + "99" * 20)
    moved = replace(deployment, addresses=deployment.addresses | {"Charity": nowhere})
    with pytest.raises(ContractMissing) as refusal:
        moved.check(w3)
    assert refusal.value.code == "chain.contract_missing"
    assert refusal.value.fields == {"contract": "Charity", "address": nowhere}


def test_check__another_abi__is_refused(w3: Web3, deployment: Deployment) -> None:
    older = replace(deployment, abi_digests=deployment.abi_digests | {"Issuance": "0x" + "00" * 32})
    with pytest.raises(AbiChanged) as refusal:
        older.check(w3)
    assert (refusal.value.code, refusal.value.fields) == ("chain.abi_changed", {"contract": "Issuance"})


def test_check__no_node__is_unreachable(deployment: Deployment) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NodeUnreachable) as refusal:
        deployment.check(connect(url))
    assert (refusal.value.code, refusal.value.fields) == ("chain.unreachable", {"url": url})


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that is no EVM node."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"no"),
        (500, b"{}"),
        (200, b"<html>hello</html>"),
        (200, b"[]"),
        (200, b'{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"no such method"}}'),
        (200, b'{"jsonrpc":"2.0","id":0,"result":null}'),
    ],
)
def test_network_of__a_server_that_is_no_node__is_unreachable(status: int, body: bytes) -> None:
    with answering(status, body) as url, pytest.raises(NodeUnreachable) as refusal:
        network_of(connect(url))
    assert refusal.value.fields == {"url": url}


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/", "http://127.0.0.1:99999"])
def test_network_of__a_url_that_is_none__is_unreachable(url: str) -> None:
    with pytest.raises(NodeUnreachable):
        network_of(connect(url))


@pytest.mark.parametrize("name", ["CarbonCredit", "Issuance", "Exchange", "Charity", "RetirementReceipts"])
def test_domain__of_a_contract__is_what_it_signs_under(w3: Web3, deployment: Deployment, name: str) -> None:
    assert deployment.domain(name) == Domain(f"Tanyu {name}", "1", 31337, deployment.address(name))
    contract = w3.eth.contract(address=Web3.to_checksum_address(deployment.address(name)), abi=artifact(name).abi)
    assert contract.functions.domainSeparator().call() == domain_separator(deployment.domain(name))


def test_domain__of_the_payment_token__is_what_permits_sign_under(w3: Web3, deployment: Deployment) -> None:
    address = Web3.to_checksum_address(deployment.address("PaymentToken"))
    token = w3.eth.contract(address=address, abi=artifact("PaymentToken").abi)
    assert token.functions.DOMAIN_SEPARATOR().call() == domain_separator(deployment.domain("PaymentToken"))


def test_artifact__never_compiled__says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotCompiled) as refusal:
        artifact("Exchange", tmp_path)
    assert refusal.value.code == "chain.not_compiled"
    assert refusal.value.fields == {"path": str(tmp_path / "Exchange.json")}
