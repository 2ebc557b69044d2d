"""A process that sends and indexes until all is confirmed: to be killed. Arguments: database, node URL, deployment."""

import sys
import time
from datetime import timedelta
from pathlib import Path

from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.rpc import connect
from backend.kernel.clock import SystemClock
from backend.link.balances import balance_projections
from backend.link.indexer import Indexer
from backend.link.sender import Sender
from backend.link.worker import Worker
from backend.storage.database import Database


def main(database_url: str, url: str, deployment_path: str) -> int:
    w3, clock = connect(url), SystemClock()
    database = Database(database_url)
    deployment = Deployment.load(Path(deployment_path))
    sender = Sender(
        database,
        w3,
        dev_signer(DevRole.OPERATOR),
        clock,
        deployment,
        confirmations=2,
        resend_after=timedelta(milliseconds=300),
    )
    indexer = Indexer(database, w3, deployment, balance_projections(deployment), confirmations=2)
    worker = Worker(database, sender, indexer, clock, poll=timedelta(milliseconds=20))
    worker.start()
    status = worker.status()
    while not status.ready or status.unfinished_intents:
        if not (status.sender.alive and status.indexer.alive):
            return 1
        time.sleep(0.02)
        status = worker.status()
        for problem in {status.sender.problem, status.indexer.problem} - {None}:
            sys.stderr.write(f"{problem}\n")
    return 0 if worker.stop() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
