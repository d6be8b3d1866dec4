"""Daily reports of who is on the road; each visit in one is a contact of its own."""
