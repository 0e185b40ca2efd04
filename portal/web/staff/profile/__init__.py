"""A customer’s profile in the back office: a file for each tab, and what stands around them."""
