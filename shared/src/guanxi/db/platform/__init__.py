"""SQL of the tables that every service has, one file a release."""
