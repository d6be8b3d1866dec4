"""Who the customer is: identity, merges, the file, staff and units, intake from outside."""
