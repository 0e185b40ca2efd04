"""Buying memberships, and what becomes of them (B5, B9, B10)."""
