"""`guanxi demo`: the first hour of a firm on the platform, through the doors that everybody uses."""
