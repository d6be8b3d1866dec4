"""Following one complaint by an unguessable link, without an account."""
