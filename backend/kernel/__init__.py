"""What every room shares: mass and money, errors, time, digests. Standard library only; imports no other room."""
