#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""serial_shell.py SOCKET SECONDS COMMAND: run by serial-shell.sh of a guest whose second serial
port is that socket. Prints what it prints, ends with its status, or with 125 when there
is no answer for so long."""

import socket
import sys


def main():
    with socket.socket(socket.AF_UNIX) as port:
        port.settimeout(float(sys.argv[2]))
        port.connect(sys.argv[1])
        port.sendall(sys.argv[3].replace("\n", " ").encode() + b"\n")
        for line in port.makefile(encoding="utf-8", errors="replace"):
            line = line.rstrip("\r\n")
            if line.startswith("=") and line[1:].isdigit():
                return int(line[1:])
            print(line, flush=True)
    return 125


try:
    sys.exit(main())
except OSError as error:
    print("serial_shell: %s" % error, file=sys.stderr)
    sys.exit(125)
