"""Groups: members, invitations, labels and reminders."""
