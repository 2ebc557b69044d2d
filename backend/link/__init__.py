"""Chain and database together: the outbox that sends transactions and the index that follows the chain.

The chain owns balances, fills and retirements; the database owns intents and is otherwise a projection that a
reindex rebuilds to the same rows (DESIGN section 7, INV-09). No database transaction stays open while a node is asked.
"""
