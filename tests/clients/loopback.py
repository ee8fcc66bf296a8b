"""Where do the platform's hosts lead while a test runs? To the server under test, on loopback.

Imported before a package that is under test. It maps the platform's names, with the ports 80 and 443,
to the ports of the test's server, and refuses whatever else is not on this machine. The packages stay
as they were published.
"""

import ipaddress
import os
import re
import socket

PLATFORM = re.compile(r"(^|\.)(liveperson\.net|lpcloud\.io)$")
PORTS = {80: os.environ["TEST_HTTP_PORT"], 443: os.environ["TEST_HTTPS_PORT"]}

resolve = socket.getaddrinfo


def is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def on_loopback(host, port, *args, **kwargs):
    """What a name and a port are, or that they are beyond loopback."""
    if PLATFORM.search(host or "") and port in PORTS:
        return resolve("127.0.0.1", int(PORTS[port]), *args, **kwargs)
    if is_loopback(host):
        return resolve(host, port, *args, **kwargs)
    raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is beyond loopback")


socket.getaddrinfo = on_loopback
