"""The steps of the story, a file for each matter; each gives what there is to tell about it."""
