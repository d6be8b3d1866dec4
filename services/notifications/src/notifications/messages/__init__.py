"""Messages to customers and staff: one for each intent, and only with permission."""
