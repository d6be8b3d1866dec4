"""What sources reported: each report in once, the higher revision wins, a voided one is final."""
