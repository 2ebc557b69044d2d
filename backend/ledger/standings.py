"""What joins statements with where they stand."""

from sqlmodel import col

from backend.ledger.tables import StatementRow, StatementStateRow

THEIR_STATES = col(StatementStateRow.statement_id) == col(StatementRow.id)
"""The condition of the join of both tables."""
