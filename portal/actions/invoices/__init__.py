"""Invoices and credit notes: drafting, issuing, crediting and reading them (F2 to F4, F6)."""
