"""Questionnaires of the firm: opinion cards, surveys, exit questions and guides of interviews, in numbered versions."""
