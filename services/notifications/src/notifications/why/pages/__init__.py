"""The page: templates, style and texts in three languages."""
