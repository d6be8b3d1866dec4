"""What happened, as scores need it: codes, amounts and times, never words."""
