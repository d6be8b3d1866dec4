"""What a customer may claim, by which clause of which version of the policy, and why not by the others."""
