"""What the tests that cross services share: a load client with a ledger, dealers, and the invariants."""
