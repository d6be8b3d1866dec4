"""Who takes part: how many of those who were asked answer, by channel and by who asked them."""
