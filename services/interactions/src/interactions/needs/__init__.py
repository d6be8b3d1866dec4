"""What customers need: raised in an interview or on any other occasion, answered by somebody of ours in time."""
