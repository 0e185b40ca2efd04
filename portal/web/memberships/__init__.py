"""The memberships of the customer a page is about."""
