# SPDX-License-Identifier: GPL-2.0
"""QEMU's monitor, shared by all who ask through $QMP, with its events kept until
somebody waits for them."""

import asyncio
import json


class Monitor:
    """QEMU connects to serve_qemu(), each $QMP command to serve_client()."""

    def __init__(self, log, on_event):
        self.log = open(log, "w", encoding="utf-8")	# pylint: disable=consider-using-with
        self.on_event = on_event
        self.ready, self.arrived = asyncio.Event(), asyncio.Condition()
        self.turn = asyncio.Lock()
        self.writer, self.reply, self.events = None, None, []

    async def serve_qemu(self, reader, writer):
        self.writer = writer
        writer.write(b'{"execute": "qmp_capabilities"}\n')
        while True:
            try:
                line = await reader.readline()
            except ConnectionError:
                line = b""
            if not line:
                if self.reply and not self.reply.done():
                    self.reply.set_result({"error": {"desc": "QEMU is gone"}})
                self.writer = None
                return
            self.log.write(line.decode())
            self.log.flush()
            message = json.loads(line)
            if "event" in message:
                self.on_event(message)
                async with self.arrived:
                    self.events.append(message)
                    self.arrived.notify_all()
            elif "QMP" in message:
                continue
            elif not self.ready.is_set():
                self.ready.set()	# the answer to qmp_capabilities
            elif self.reply and not self.reply.done():
                self.reply.set_result(message)

    async def execute(self, command):
        """QEMU's reply to one command."""
        await asyncio.wait_for(self.ready.wait(), 30)
        async with self.turn:
            if not self.writer:
                return {"error": {"desc": "QEMU is gone"}}
            self.reply = asyncio.get_running_loop().create_future()
            self.log.write(json.dumps(command) + "\n")
            self.writer.write(json.dumps(command).encode() + b"\n")
            return await asyncio.wait_for(self.reply, 120)

    async def wait_event(self, name, match, seconds):
        """The oldest such event that nobody has waited for yet."""
        def find():
            for event in self.events:
                data = dict(event.get("data", {}))
                data.setdefault("id", data.get("device"))
                if event["event"] == name and all(
                        str(data.get(key)) == value for key, value in match.items()):
                    self.events.remove(event)
                    return event
            return None

        async def search():
            async with self.arrived:
                found = find()
                while not found:
                    await self.arrived.wait()
                    found = find()
                return found

        try:
            return await asyncio.wait_for(search(), seconds)
        except asyncio.TimeoutError:
            return {"error": {"desc": "no event %s %s in %g s" % (name, match or "", seconds)}}

    async def serve_client(self, reader, writer):
        """One request: a QMP command, or {"wait": EVENT, "match": {}, "timeout": S}."""
        try:
            request = json.loads(await reader.readline())
            if "wait" in request:
                answer = await self.wait_event(request["wait"], request.get("match", {}),
                                               float(request.get("timeout", 30)))
            else:
                answer = await self.execute(request)
        except (ValueError, TypeError, asyncio.TimeoutError) as error:
            answer = {"error": {"desc": "%s %s" % (type(error).__name__, error)}}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()
