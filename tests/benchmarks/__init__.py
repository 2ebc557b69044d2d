"""Benchmarks by room. Each module has rows(): what was measured, against something measured in the same run."""
