"""The operator’s own people: administrators, their roles, and the home page of the back office."""
