"""Facts pushed to other systems as signed webhooks."""
