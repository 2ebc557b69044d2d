"""Verification and issuance: findings, attestations, batches under k of n verifiers, claims that mint.

Comes after the ledger, whose attested statements it turns into Merkle claims; the chain decides what is minted, and a
projection brings that back to the statements. INV-01 and INV-02 are the contracts' to keep; nothing here may break
them.
"""
