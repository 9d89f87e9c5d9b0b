"""What runs, what waits, what is over, and what went wrong."""
