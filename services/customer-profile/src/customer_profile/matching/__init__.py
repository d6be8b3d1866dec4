"""Which records may be the same customer: evidence, weights that a person can read, and what follows from them."""
