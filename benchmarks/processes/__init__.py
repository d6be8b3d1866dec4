"""Programs of their own, so that neither load nor baseline runs in the process that measures."""
