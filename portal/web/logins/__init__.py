"""Signing in, activating a login, and passwords."""
