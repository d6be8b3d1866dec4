"""The long counts of every fault, one after the other, as a run that can be left and taken up again."""
