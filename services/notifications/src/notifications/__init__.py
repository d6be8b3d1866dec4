"""Who must know: permissions, messages, staff inbox, webhooks."""
