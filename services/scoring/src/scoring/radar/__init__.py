"""Who is leaving without a word: each customer's rhythm against its own past, and what else was seen."""
