"""What is stored: tables, and the queries that load them in a constant number of round trips."""
