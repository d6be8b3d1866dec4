"""Everything known of one customer on one page, from what the other services publish."""
