"""Tickets in the portal."""
