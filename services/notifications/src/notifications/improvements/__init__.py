"""You said, we did: those who complained of something hear that it was changed, and are asked later if it helped."""
