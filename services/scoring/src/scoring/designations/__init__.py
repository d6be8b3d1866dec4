"""Key customers by decision: proposed with a reason, approved or refused by a person, ended by a person."""
