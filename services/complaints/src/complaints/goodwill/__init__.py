"""Claims met beyond entitlement: asked for, decided by who may, out of a budget, and what they truly cost."""
