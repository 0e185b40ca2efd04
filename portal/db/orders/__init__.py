"""Orders and the catalogue as they are stored (M2)."""
