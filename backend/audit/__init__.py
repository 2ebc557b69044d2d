"""Independent verification from the chain alone: rebuilds every contract's state from events, checks the promises.

Stands beside the flow: reaches only chain reads and the kernel, never the operator's code or database, so that anybody
can run it against any node. INV-01 to INV-06 and INV-09 are checked here with this room's own logic.
"""
