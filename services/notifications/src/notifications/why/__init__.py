"""Why me? The page behind the link in each message: what it was, what let it go, and how to stop or answer it."""
