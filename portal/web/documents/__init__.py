"""Documents: the list, a file of it, and putting files there."""
