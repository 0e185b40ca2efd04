"""Customers: statuses, removal, and what the search looks at."""
