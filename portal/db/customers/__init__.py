"""Customers: their profiles, changes of them, finding, and removing them."""
