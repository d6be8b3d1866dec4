"""One module for each figure: `run(stage, rounds)` measures it, checks that what was fast was right, and gives it."""
