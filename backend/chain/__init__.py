"""The chain: compile, deploy, typed data, contract reads, events, Merkle trees. Knows no database.

`compile`, `deploy` and `node` act; the rest only reads and computes, so `audit` may use it.
"""
