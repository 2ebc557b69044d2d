"""Persons and guardians, homes, budgets, vintage statements, deficits."""
