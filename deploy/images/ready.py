#!/opt/guanxi/bin/python -ISE
"""The container's health check: exit code 0 when /readyz says 200.

By socket alone: it runs in every container every few seconds, and an HTTP client takes ten times as long to load.
"""

import socket
import sys

with socket.create_connection(("127.0.0.1", 8000), timeout=3) as door:
    door.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    answer = door.recv(4096)
sys.exit(0 if answer.split(b" ", 2)[1:2] == [b"200"] else 1)
