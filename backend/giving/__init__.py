"""What leaves the market for good: retirements, gifts to campaigns, grants for other people's deficits, receipts."""
