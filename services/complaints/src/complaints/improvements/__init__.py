"""What the firm changed because of complaints, reviews and suggestions, and whom it answers."""
