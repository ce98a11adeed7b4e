# SPDX-License-Identifier: GPL-2.0
"""Commands in the guest: many $GUEST on this side, one serial port on the other.
agent.c says what the frames look like."""

import asyncio
import itertools
import json

CHUNK = 4096	# MAX_BYTES of agent.c


class Agent:
    """The guest connects to serve_guest(), each $GUEST command to serve_client()."""

    def __init__(self):
        self.ids = itertools.count(1)
        self.queues = {}
        self.writer = None
        self.connected = asyncio.Event()

    def send(self, kind, number, data=b""):
        self.writer.write(b"%s %d %d\n" % (kind, number, len(data)) + data)

    async def serve_guest(self, reader, writer):
        self.writer = writer
        try:
            while True:
                head = (await reader.readline()).split()
                if len(head) != 3:
                    break
                kind, number, value = head[0], int(head[1]), int(head[2])
                data = await reader.readexactly(value) if kind in b"oe" else value
                if number in self.queues:
                    self.queues[number].put_nowait((kind, data))
        except (ValueError, ConnectionError, asyncio.IncompleteReadError):
            pass
        for queue in self.queues.values():
            queue.put_nowait((b"x", 255))
        self.writer = None

    def restarted(self):
        """The guest reboots: what runs has ended, what comes waits for serving()."""
        self.connected.clear()
        for queue in self.queues.values():
            queue.put_nowait((b"x", 255))

    def serving(self, boot):
        """The guest's init has reported (again): what was sent before is not for this boot."""
        if self.writer:
            self.writer.write(b"s %d 0\n" % boot)
            self.connected.set()

    async def ping(self, seconds):
        """Whether the guest still answers."""
        number = next(self.ids)
        queue = self.queues[number] = asyncio.Queue()
        try:
            if not self.writer:
                return False
            self.send(b"p", number)
            await asyncio.wait_for(queue.get(), seconds)
            return bool(self.writer)
        except asyncio.TimeoutError:
            return False
        finally:
            del self.queues[number]

    async def feed(self, number, reader, credit):
        """Standard input, one chunk in flight: a serial port drops what overruns it."""
        while True:
            data = await reader.read(CHUNK)
            self.send(b"i", number, data)
            if not data:
                return
            await credit.get()

    async def serve_client(self, reader, writer):
        """First a JSON line {"run": TEXT, "input": BOOL}, then standard input. Back
        go JSON lines with "out" or "err" (latin-1), and at the end "status"."""
        number = next(self.ids)
        queue = self.queues[number] = asyncio.Queue()
        credit, feeder, ended = asyncio.Queue(), None, False

        def answer(**fields):
            writer.write(json.dumps(fields).encode() + b"\n")

        try:
            request = json.loads(await reader.readline())
            await asyncio.wait_for(self.connected.wait(), 60)
            text = request["run"].encode("utf-8", "surrogateescape")
            if len(text) > CHUNK or not self.writer:
                answer(err="guest: %s\n" % ("the command is too long" if self.writer else
                                            "the guest is gone"), status=255)
                return
            self.send(b"r", number, text)
            if request.get("input"):
                feeder = asyncio.ensure_future(self.feed(number, reader, credit))
            else:
                self.send(b"i", number)
                feeder = asyncio.ensure_future(reader.read())	# ends with the client
            while not ended:
                get = asyncio.ensure_future(queue.get())
                waits = {get} if request.get("input") else {get, feeder}
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                if not get.done():
                    get.cancel()
                    self.send(b"k", number)
                    return
                kind, data = get.result()
                if kind == b"a":
                    credit.put_nowait(data)
                elif kind == b"x":
                    answer(status=data)
                    ended = True
                else:
                    answer(**{"out" if kind == b"o" else "err": data.decode("latin-1")})
                await writer.drain()
        except (ConnectionError, ValueError, KeyError, asyncio.TimeoutError):
            if self.writer:
                self.send(b"k", number)
        finally:
            if feeder:
                feeder.cancel()
            del self.queues[number]
            writer.close()
