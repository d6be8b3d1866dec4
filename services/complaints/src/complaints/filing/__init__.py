"""Taking complaints in, over HTTP and from reports, each with a holder from its first moment."""
