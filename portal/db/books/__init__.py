"""The books: writing entries and postings, balances, and the figures of statements."""
