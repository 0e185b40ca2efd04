"""Statements: the page, its forms, rows and chart."""
