"""Messages to many customers: who matches, what was sent, and what people decline."""
