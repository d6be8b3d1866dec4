"""What all customers say of us together, those without a name included."""
