"""Config: what the operator sets for partners, groups, features and administrators."""
