"""Benchmarks by room. rows(): what was measured, what it is compared with, and the goal."""
