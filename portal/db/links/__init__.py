"""Links between customers: which count now, making and ending them, and the list of sub-accounts."""
