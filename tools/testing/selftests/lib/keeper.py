#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""keeper HARM PVPCID [OPTION...]: be the keeper of a pvpcid, kill it, do HARM to the
state that it has left, start another, print what that one says until it is ready, and
end both. HARM is none, magic, version, sum, short, or second: another one is started
while the first lives, or socket: one is in the state's place."""

import array
import os
import signal
import socket
import struct
import sys

harm, command = sys.argv[1], sys.argv[2:]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("\0pvpci-keeper-%d" % os.getpid())
notify.settimeout(30)
kept = {}


def listen():
    """Take what is stored, until it is ready."""
    while True:
        data, control, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(64))
        lines = dict(line.split("=", 1) for line in data.decode().splitlines())
        for _, _, raw in control:
            kept[lines["FDNAME"]] = array.array("i", raw[:4])[0]
        if "FDSTOREREMOVE" in lines:
            os.close(kept.pop(lines["FDNAME"]))
        if "READY" in lines:
            return


def start(stderr):
    """One pvpcid with what is kept."""
    fds, names = list(kept.values()), ":".join(kept)

    def give():
        moved = [os.dup2(fd, 500 + number) for number, fd in enumerate(fds)]
        for number, fd in enumerate(moved):
            os.dup2(fd, 3 + number, inheritable=True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)),
                          LISTEN_FDNAMES=names)
        os.execvp(command[0], command)

    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.environ["NOTIFY_SOCKET"] = "@" + notify.getsockname()[1:].decode()
        os.dup2(stderr, 2)
        give()
    return pid


def injure(fd):
    """The header is magic, version, greeted, bytes, then sequence, bytes, sum twice."""
    if harm == "magic":
        os.pwrite(fd, b"\xff" * 8, 0)
    elif harm == "version":
        os.pwrite(fd, struct.pack("I", 999), 8)
    elif harm == "sum":
        os.pwrite(fd, b"\xff" * 8, 24 + 16)
        os.pwrite(fd, b"\xff" * 8, 48 + 16)
    elif harm == "short":
        os.ftruncate(fd, 4096)


log = os.memfd_create("log")
first = start(log)
listen()
if harm in ("second", "socket"):
    if harm == "socket":
        kept["pvpci-state"] = socket.socket(socket.AF_UNIX).detach()
    second = start(log)
    print("status", os.waitstatus_to_exitcode(os.waitpid(second, 0)[1]))
else:
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    injure(kept["pvpci-state"])
    first = start(log)
    listen()
notify.close()
os.kill(first, signal.SIGTERM)
print("end", os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]))
print(os.pread(log, 65536, 0).decode(), end="")
