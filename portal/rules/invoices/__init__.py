"""Invoices: their lines, what is credited of them, when they are due, and what settles them."""
