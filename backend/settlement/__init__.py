"""Matches become on-chain fills: batches of pairs through the outbox, and what the chain then said of each.

A trade is in at most one batch that may still settle. The batch, its intent and the trades' new state are written in
one transaction, so a crash leaves either all of them or none (INV-04, INV-05).
"""
