"""Billing: services as they are billed, and the run that turns what is due into invoices (F5)."""
