"""What happened between us: contacts, orders, promises, the timeline."""
