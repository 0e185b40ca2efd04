"""Documents of customers: their lists, and what people put into them."""
