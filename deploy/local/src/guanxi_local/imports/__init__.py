"""`guanxi import`: a file's rows become events by a mapping, and go through the public door like any publisher's."""
