"""What staff must look at now, and who hears of it when they do not."""
