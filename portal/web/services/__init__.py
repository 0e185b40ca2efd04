"""The services of the customer a page is about."""
