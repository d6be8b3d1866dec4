"""Which records stand for the same customer: aliases of sources, and merges that can always be undone."""
