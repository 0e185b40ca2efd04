"""Tickets, their threads, and mail about them (M4)."""
