"""The rules of scores, as versioned files: weights, thresholds, exchange rates, segments, treatments and texts."""
