"""`python -m guanxi_local`: the same as `guanxi`."""

from guanxi_local.cli import app

app()
