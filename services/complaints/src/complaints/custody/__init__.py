"""Who holds a ticket, since when and why; hand-overs, leavers and wrong doors."""
