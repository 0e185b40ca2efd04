"""Tickets: customers write, staff answer, by page and by mail (M4)."""
