"""Memberships: what somebody holds for a time, and what it includes (B5, B9, B10)."""
