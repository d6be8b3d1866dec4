"""The declared formula of a tie, in numbered versions."""
