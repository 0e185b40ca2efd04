"""My Group and its invitations."""
