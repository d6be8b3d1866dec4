"""Opinion cards and surveys in customers' hands: invitations, printed cards, and what is written on either."""
