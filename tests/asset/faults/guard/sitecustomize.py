"""Python runs this at the start of the command under test: no connection leaves this machine, and names are made up.

A connection to anything but loopback is noted in the file FAULTS_ATTEMPTS and refused, so that a broken URL policy
fails a test instead of sending traffic. FAULTS_HOSTS is a JSON object from names to the lists of addresses that they
resolve to, one list for each time they are asked; the last repeats. All other names but localhost are unknown.
"""

import ipaddress
import json
import os
import socket
import sys

_hosts = json.loads(os.environ.get("FAULTS_HOSTS", "{}"))
_times_asked = dict.fromkeys(_hosts, 0)
_getaddrinfo = socket.getaddrinfo


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _watch(event: str, args: tuple) -> None:
    if event not in {"socket.connect", "socket.sendto"} or not isinstance(args[1], tuple):
        return
    host, port = args[1][:2]
    if not _is_loopback(host):
        with open(os.environ["FAULTS_ATTEMPTS"], "a") as file:  # noqa: PTH123
            file.write(f"{host} {port}\n")
        raise ConnectionRefusedError(f"the test does not let anything out to {host}")


def _resolve(host, port, family=0, type=0, proto=0, flags=0):  # noqa: A002
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name == "localhost":
        return _getaddrinfo(host, port, family, type, proto, flags)
    addresses = [name]
    if name in _hosts:
        answers = _hosts[name]
        addresses = answers[min(_times_asked[name], len(answers) - 1)]
        _times_asked[name] += 1
    numeric = flags | socket.AI_NUMERICHOST
    return [found for address in addresses for found in _getaddrinfo(address, port, family, type, proto, numeric)]


socket.getaddrinfo = _resolve
socket.gethostbyname = lambda host: _resolve(host, None, socket.AF_INET)[0][4][0]
sys.addaudithook(_watch)
