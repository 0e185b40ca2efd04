"""Statements: their figures, and the same as JSON."""
