"""Which unit holds a new complaint."""
