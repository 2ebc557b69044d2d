"""k of n verifiers, each a process of its own with a keystore of its own, and a server that never sees a key."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from typer.testing import CliRunner

from backend.chain.artifacts import CHECKOUT
from backend.chain.keys import Signer, signer_from_key
from backend.cli import app
from backend.kernel.digest import sha256
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.personhood import LedgerKeys
from tests.e2e.processes import Processes
from tests.patience import until
from tests.unit.ledger.people import AT, at_home, keep, power

pytestmark = pytest.mark.timeout(600)
"""Five processes start; on a machine that does ten other things each takes its time."""

CLASS = "US-CA/2025/SIM"
VINTAGE = 2025
PASSWORD = "a verifier's own"
SIGNERS = tuple(signer_from_key(sha256(b"the key of verifier %d" % number)) for number in range(3))


class Verifier:
    """A verifier in a process of its own, with its own keystore."""

    def __init__(self, signer: Signer, keys: Path, url: str) -> None:
        self.signer, self.keystore = signer, keys / f"{signer.address}.json"
        self.keystore.write_text(json.dumps(Account.encrypt(signer.key, PASSWORD, "pbkdf2", 1000)))
        password = keys / "password"
        password.write_text(PASSWORD)
        options = ["--keystore", str(self.keystore), "--password-file", str(password), "--url", url]
        command = [sys.executable, "-m", "tests.e2e.verifier_process", *options]
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT)

    def tell(self, *arguments: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()

    def hear(self) -> tuple[int, Any]:
        """Exit code and JSON of what was told first and not heard yet."""
        assert self.process.stdout is not None
        answer = json.loads(self.process.stdout.readline())
        return answer["code"], json.loads(answer["said"])

    def do(self, *arguments: str) -> Any:
        self.tell(*arguments)
        code, said = self.hear()
        assert code == 0, said
        return said

    def end(self) -> None:
        self.process.communicate(timeout=60)


@dataclass
class Office:
    """The processes, and three verifiers."""

    processes: Processes
    verifiers: list[Verifier]
    keys: Path

    def all_do(self, *arguments: str) -> list[Any]:
        """Everybody at once; each must succeed."""
        for verifier in self.verifiers:
            verifier.tell(*arguments)
        heard = [verifier.hear() for verifier in self.verifiers]
        assert [code for code, _ in heard] == [0] * len(heard), heard
        return [said for _, said in heard]

    def operate(self, *arguments: str) -> Any:
        """The operator's command, on the operator's own database."""
        environment = {
            "TANYU_DATA_DIR": str(self.processes.folder),
            "TANYU_PORT": str(self.processes.settings.port),
            "TANYU_RPC_URL": self.processes.node.url,
        }
        ran = CliRunner().invoke(app, [*arguments, "--json"], env=os.environ | environment)
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.output)

    def statements_submitted(self) -> None:
        books = Books.development(LedgerKeys.at(self.processes.folder / "ledger-keys.json"))
        database = self.processes.database()
        with database.write() as session:
            for at, kwh in enumerate(("60", "70", "90")):
                home, (person,) = at_home(session, books, 11 + at)
                for month in range(1, 13):
                    used = int(kwh) + (20 if month == at + 1 else 0)
                    keep(session, books, person, power(month, str(used), meter=f"M{at}"), home)
                close(session, books, person_id=person.person_id, vintage=VINTAGE, at=AT)
                submit(session, books, person_id=person.person_id, vintage=VINTAGE, at=AT)
        database.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    keys = tmp_path_factory.mktemp("keys")
    processes = Processes(tmp_path_factory.mktemp("tanyu"), verifiers=tuple(one.address for one in SIGNERS))
    made = Office(processes, [], keys)
    try:
        made.statements_submitted()
        processes.start_server()
        processes.wait_ready()
        made.verifiers += [Verifier(signer, keys, processes.settings.base_url) for signer in SIGNERS]
        yield made
    finally:
        for verifier in made.verifiers:
            verifier.end()
        processes.stop()


def anchored(office: Office, root: str) -> bool:
    with office.processes.client() as client:
        return bool(client.get(f"/batches/{root}")["state"] == "anchored")


def knows_the_key(path: Path, signer: Signer) -> bool:
    try:
        held = path.read_bytes()
    except FileNotFoundError:  # a file being written whole has gone to its final name since it was listed
        return False
    return signer.key in held or signer.key.hex().encode() in held.lower()


def test_batch__signed_by_verifiers_in_processes_of_their_own__anchors(office: Office) -> None:
    queues = office.all_do("queue")
    assert sum(len(queue) for queue in queues) == 3, "every statement is somebody's, and nobody else's"
    assert {task["work"] for queue in queues for task in queue} == {"attest"}
    for verifier, queue in zip(office.verifiers, queues, strict=True):
        for task in queue:
            verifier.do("attest", task["statement"])
    done = next(task["statement"] for queue in queues for task in queue)
    office.verifiers[0].tell("show", done)
    code, said = office.verifiers[0].hear()
    assert (code, said["code"]) == (1, "verifier.not_assigned"), "nobody is shown what is not its work any more"

    root = office.operate("batch", "plan", CLASS)["root"]
    assert [office.verifiers[at].do("approve-batch", root)["state"] for at in (0, 2)] == ["planned", "approved"]
    office.operate("batch", "anchor", root)
    until(lambda: anchored(office, root), "the batch on the chain")
    said = office.processes.people.contracts.credit.functions.anchoredAt(bytes.fromhex(root[2:])).call()
    assert said > 0

    files = [path for path in office.processes.folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files for signer in SIGNERS if knows_the_key(path, signer)]


def test_draw__of_three_processes__is_the_same_for_everybody(office: Office) -> None:
    opened = office.operate(
        "verification", "open-draw", "--commit-s", "25", "--block-after-s", "26", "--reveal-s", "600"
    )
    day = opened["day"]

    def draw() -> Any:
        with office.processes.client() as client:
            return client.get(f"/verification/draws/{day}")

    until(lambda: draw()["anchoredAt"] is not None, "the list on the chain")
    office.all_do("commit", day)
    w3 = office.processes.people.w3

    def named_block_is_there() -> bool:
        w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # a development node's own method
        return draw()["blockHash"] is not None

    office.verifiers[0].tell("reveal", day)
    code, said = office.verifiers[0].hear()
    assert (code, said["code"]) == (1, "draw.not_now"), "the secret stays here until there is a block"
    until(named_block_is_there, "the named block")
    office.all_do("reveal", day, "--rpc", office.processes.node.url)

    record = draw()
    assert record["seed"] is not None
    assert len(record["drawn"]) >= 1
    kept = office.keys / "draw.json"
    kept.write_text(json.dumps(record))
    again = office.operate("verifier", "verify-draw", str(kept), "--rpc", office.processes.node.url)
    assert again == {"findings": [], "drawn": [one["statement"] for one in record["drawn"]]}
