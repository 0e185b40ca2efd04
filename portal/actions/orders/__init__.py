"""Orders from the catalogue: placing, following, accepting, fulfilling and cancelling them (M2)."""
