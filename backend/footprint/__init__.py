"""Activities, the factor catalogue with its passports, units, lines of a footprint and their uncertainty."""
