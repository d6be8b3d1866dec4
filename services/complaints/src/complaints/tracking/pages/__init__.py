"""The page of a tracking link: templates, style and texts in three languages."""
