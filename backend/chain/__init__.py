"""The chain: compile, deploy, typed data, contract reads, events, Merkle trees. Knows no database.

`compile`, `deploy` and `node` act; the rest only reads and computes, so `audit` may use it.
"""

import sys

import eth_account  # noqa: F401 - imported for its effect, which the next lines take back

RECURSION_LIMIT = 1000
"""Python's own default."""

# eth_account (and web3 through it) imports py_ecc, which raises the limit to 100,000 on import. Then whatever recurses
# over what a stranger sent, such as the JSON parser, runs off the C stack and ends the process instead of raising
# RecursionError. Every room that imports web3 imports backend.chain, so this is the one place to put it back.
sys.setrecursionlimit(RECURSION_LIMIT)
