"""Issuance's use cases: attest, return, plan a batch, approve it, anchor it, claim from it."""
