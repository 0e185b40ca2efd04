"""Billing: periods of services, parts of them, reminders and blocking."""
