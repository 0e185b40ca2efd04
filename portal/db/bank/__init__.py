"""Bank files: what was read of them, and what they may pay."""
