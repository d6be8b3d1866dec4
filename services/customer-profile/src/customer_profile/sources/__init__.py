"""The publishers: dealers, branches and departments whose reports we take in, each with a topic of its own."""
