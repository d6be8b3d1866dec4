"""Quality indicators: what the firm goes by, how much each counts and what is aimed at, in numbered versions."""
