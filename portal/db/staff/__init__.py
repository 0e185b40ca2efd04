"""Administrators and their roles."""
