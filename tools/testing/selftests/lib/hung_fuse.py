#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""hung_fuse.py DIRECTORY HANG: a file system with the files "disk", and "disk1" to "disk9", that
have the same bytes in them; it does not answer requests whose names are in the file HANG, for as long as they are there."""

import ctypes
import os
import select
import struct
import sys

SIZE = 16 << 20
NODE = 2
ENOENT, ENOSYS = 2, 38
NAMES = {1: "LOOKUP", 3: "GETATTR", 14: "OPEN", 15: "READ", 16: "WRITE", 18: "RELEASE",
         20: "FSYNC", 25: "FLUSH", 26: "INIT"}
SILENT = (2, 36, 42)    # FORGET, INTERRUPT, BATCH_FORGET: nobody waits for an answer
data = bytearray(SIZE)


def attributes(node):
    """struct fuse_attr (include/uapi/linux/fuse.h)"""
    mode, size = (0o100600, SIZE) if node >= NODE else (0o040700, 0)
    return struct.pack("<6Q10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0,
                       4096, 0)


def answer(opcode, node, body):
    """(error, what follows the header)"""
    if opcode == 26:
        return 0, struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, *[0] * 8)
    if opcode == 1:
        if body.rstrip(b"\0").rstrip(b"123456789") != b"disk":
            return ENOENT, b""
        node = NODE + int(body[4:].rstrip(b"\0") or b"0")
        return 0, struct.pack("<4Q2I", node, 1, 1, 1, 0, 0) + attributes(node)
    if opcode == 3:
        return 0, struct.pack("<Q2I", 1, 0, 0) + attributes(node)
    if opcode == 14:
        return 0, struct.pack("<Q2I", 1, 0, 0)
    if opcode == 15:
        _, offset, size = struct.unpack_from("<2QI", body)
        return 0, bytes(data[offset:offset + size])
    if opcode == 16:
        _, offset, size = struct.unpack_from("<2QI", body)
        data[offset:offset + size] = body[40:40 + size]
        return 0, struct.pack("<2I", size, 0)
    return (0, b"") if opcode in NAMES else (ENOSYS, b"")


def serve(device, hang):
    """Requests as they come; those that hang are kept, and looked at again."""
    held = []
    while True:
        if select.select([device], [], [], 0.1)[0]:
            held.append(os.read(device, 1 << 20))
        with open(hang, encoding="utf-8") as file:
            hung = file.read().split()
        for request in list(held):
            _, opcode, unique, node = struct.unpack_from("<2I2Q", request)
            if NAMES.get(opcode) in hung:
                continue
            held.remove(request)
            if opcode in SILENT:
                continue
            error, reply = answer(opcode, node, request[40:])
            try:
                os.write(device, struct.pack("<IiQ", 16 + len(reply), -error, unique) + reply)
            except FileNotFoundError:
                pass    # whoever asked has been killed


def main():
    """In a mount namespace of its own: nothing is left."""
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = "fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (device, os.getuid(), os.getgid())
    if libc.mount(b"hung", sys.argv[1].encode(), b"fuse.hung", 6, options.encode()):
        sys.exit(os.strerror(ctypes.get_errno()))
    serve(device, sys.argv[2])


if __name__ == "__main__":
    main()
