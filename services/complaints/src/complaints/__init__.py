"""What went wrong: tickets, routing, deadlines."""
