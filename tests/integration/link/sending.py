"""A process that sends until all is confirmed: to be killed. Arguments: database URL, node URL, confirmations."""

import sys
import time

from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.rpc import connect, network_of
from backend.kernel.clock import SystemClock
from backend.kernel.errors import Unavailable
from backend.link.outbox import UNFINISHED, intents_in
from backend.link.sender import Sender
from backend.storage.database import Database


def main(database_url: str, url: str, confirmations: str) -> None:
    w3 = connect(url)
    network = network_of(w3)
    database = Database(database_url)
    deployment = Deployment(network.chain_id, network.genesis_hash, 1, {}, {})
    sender = Sender(
        database,
        w3,
        dev_signer(DevRole.OPERATOR),
        SystemClock(),
        deployment,
        confirmations=int(confirmations),
        await_index=False,
    )
    while True:
        try:
            sender.step()
        except Unavailable as failure:
            sys.stderr.write(f"{failure.code}: {failure.message}\n")
            time.sleep(0.1)
        with database.read() as session:
            if not intents_in(session, UNFINISHED):
                return
        time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
