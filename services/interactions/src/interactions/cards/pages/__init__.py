"""The pages of cards: templates, style and texts in three languages."""
