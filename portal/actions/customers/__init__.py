"""Customers: finding and showing them, changing their details and status, removing them."""
