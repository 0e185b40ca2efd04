"""The back office: what the operator's people see."""
