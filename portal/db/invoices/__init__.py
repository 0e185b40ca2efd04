"""Invoices, credit notes, and what settles them."""
