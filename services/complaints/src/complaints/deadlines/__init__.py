"""By when something must have happened: service standards, working calendars, deadlines."""
