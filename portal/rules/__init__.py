"""What is true: pure functions and value types. Standard library only, no Flask, no database."""
