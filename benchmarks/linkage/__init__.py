"""How well records that are one customer are found, beside an established linkage library on the same data."""
