"""What is billed: services, the days of them that were, and who is due."""
