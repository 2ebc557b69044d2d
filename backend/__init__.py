"""Tanyu 碳余: a personal carbon ledger and marketplace.

The rooms follow the flow: activity -> footprint -> statement -> attestation -> issuance -> order -> match -> settlement
-> retirement, donation or grant -> audit. Imports run against the flow, never with it (import-linter checks).
"""
