"""Orders and the catalogue in the back office."""
