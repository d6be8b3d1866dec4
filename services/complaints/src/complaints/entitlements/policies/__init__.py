"""The policy that this release ships."""
