"""Units with their working calendars, and the people who work in them."""
