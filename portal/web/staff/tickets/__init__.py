"""Tickets in the back office."""
