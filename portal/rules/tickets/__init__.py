"""Tickets: states, who hears what, and mail that comes in (M4)."""
