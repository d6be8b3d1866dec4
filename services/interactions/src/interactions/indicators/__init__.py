"""The quality indicators in force, as scoring sets them: what a guide of interviews has to ask for."""
