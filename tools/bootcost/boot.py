# SPDX-License-Identifier: GPL-2.0
"""One boot: QEMU, what the guest prints with the host's time, and QEMU's trace events."""
import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time

import trace
from console import Clock, KernelLog, Lines, graph, undump
from phases import Boundaries, divide, leaf_seconds, phase_of

# Without any tracing, for the time; with the kernel's, for shares; with QEMU's, for counts.
KINDS = ("plain", "profiled", "counted")
ENDED = {"timeout": "the time was up", "gone": "QEMU ended"}


class Failed(Exception):
    """A boot that did not end as it should; the message says how."""


class Record:
    """What is known of a boot of @kind: it began at @start and ended at @end, by the host's
    clock, the guest printed @lines, with their times, and @events are QEMU's trace."""

    def __init__(self, kind, start, end, lines, events):
        self.kind, self.start, self.end = kind, start, end
        dumped, ftrace = undump(lines)
        self.log = KernelLog(dumped or [text for _, text in lines])
        self.trace = trace.Trace(events)
        clock = Clock(self.trace.printed.lines or lines)
        # Our guest's last word is not its dump.
        ready = self.log.marks.get("ready")
        if ready is not None and clock.zero is not None:
            self.end = clock.host(ready)
        self.bounds = Boundaries(start, self.end, clock, self.trace, self.log)
        self.functions = graph(ftrace)

    def seconds(self):
        return self.end - self.start

    def stages(self):
        return self.bounds.seconds()

    def leaves(self):
        return leaf_seconds(self.bounds, self.log, self.functions)

    def divided(self, profiled):
        return divide(self.stages(), profiled.leaves())

    def names(self):
        """{initcall or function or "probe DEVICE": seconds}."""
        found = {}
        for name, module, start, end in self.log.initcalls:
            name = "%s [%s]" % (name, module) if module else name
            found[name] = found.get(name, 0.0) + end - start
        for device, start, end in self.log.probes:
            found["probe " + device] = found.get("probe " + device, 0.0) + end - start
        for name, (_, seconds) in self.functions.items():
            found[name + "()"] = seconds
        return found

    def counts(self):
        """trace.counts() of what happened before the end, and KVM's exits by phase."""
        phase = phase_of(self.bounds, self.log)
        counted = trace.counts([access for access in self.trace.accesses
                                if access.when <= self.end], phase)
        counted["exits"] = trace.Counter(phase(when) for when in self.trace.exits
                                         if when <= self.end)
        return counted


class Daemon:
    """A pvpcid for one boot, in its directory; without functions of ours there is none."""

    def __init__(self, topology, program, work):
        self.process, self.options = None, []
        self.ram = os.path.join(work, "ram")
        config = topology.bus()
        if not config:
            return
        for function in config["functions"]:
            for space in function["namespaces"]:
                with open(os.path.join(work, space["file"]), "wb") as disk:
                    disk.truncate(1 << 20)
        with open(os.path.join(work, "bus.json"), "w", encoding="ascii") as file:
            json.dump(config, file)
        socket = os.path.join(work, "bus")
        with open(os.path.join(work, "pvpcid.log"), "wb") as log:
            self.process = subprocess.Popen(    # pylint: disable=consider-using-with
                [program, "--config", file.name, "--socket", socket, "--control",
                 os.path.join(work, "control"), "--memory", self.ram, "--machine",
                 topology.machine], cwd=work, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not os.path.exists(socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(log.name, encoding="utf-8", errors="replace") as text:
                    said = text.read()[-500:]
                self.stop()
                raise Failed("pvpcid made no socket: " + said)
            time.sleep(0.02)
        self.options = ["-chardev", "socket,id=bcbus,path=" + socket, "-device",
                        "ivshmem-doorbell,chardev=bcbus,vectors=%d" % config["vectors"]]

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def tracing(program, kind, work):
    """Options for QEMU's trace events: those that this QEMU has. Its file of events."""
    wanted = trace.DENSE if kind == "counted" else trace.SPARSE
    known = subprocess.run([program, "-trace", "help"], capture_output=True, text=True,
                           check=False).stdout.split()
    events = os.path.join(work, "events")
    with open(events, "w", encoding="ascii") as file:
        file.writelines(name + "\n" for name in wanted if name in known)
    log = os.path.join(work, "trace.log")
    return ["-trace", "events=" + events, "-msg", "timestamp=on", "-D", log], log


def watch(process, end, timeout):
    """The lines until one matches @end, QEMU ends, or the time is up: (lines, how)."""
    lines, deadline = Lines(), time.monotonic() + timeout
    seen = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return lines, "timeout"
            data = os.read(process.stdout.fileno(), 65536)
            lines.feed(data, time.time())
            if not data:
                lines.finish()
                return lines, "gone"
            if any(end.search(text) for _, text in lines.lines[seen:]):
                return lines, "end"
            seen = len(lines.lines)
            if end.search(lines.unfinished()):
                lines.finish()
                return lines, "end"


def end_of(lines, end):
    """When the line that ends the boot came."""
    return next((when for when, text in lines if end.search(text)), lines[-1][0])


def run(topology, guest, kind, options):
    """Boot once and return its Record. @options has .qemu (the user's), .program, .timeout,
    .pvpcid and .keep."""
    # Guest memory that a daemon shares is best where files are memory.
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    work = tempfile.mkdtemp(prefix="bootcost-", dir=where)
    daemon = process = None
    try:
        daemon = Daemon(topology, options.pvpcid, work)
        program = options.program or topology.program()
        extra, log = tracing(program, kind, work)
        given = options.qemu if guest.ours else guest.strip(options.qemu)
        command = [*guest.prefix(options.qemu), program, *guest.options(topology, kind, options.qemu, daemon.ram), *extra,
                   *daemon.options, *topology.devices(), *given]
        start = time.time()
        with open(os.path.join(work, "qemu.err"), "wb") as errors:
            process = subprocess.Popen(    # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        lines, how = watch(process, guest.end, options.timeout)
        with open(errors.name, encoding="utf-8", errors="replace") as text:
            said = text.read()
        stop(process)
        if options.keep:
            keep(options.keep, "%s-%s" % (topology.label().replace(", ", "-").replace(" ", "-"),
                                          kind), [(start, "QEMU is started")] + lines.lines, log)
        return record(kind, start, lines.lines, how, guest, log, said)
    except FileNotFoundError as error:
        raise Failed("cannot start %s" % error.filename) from None
    finally:
        if process:
            stop(process)
        if daemon:
            daemon.stop()
        shutil.rmtree(work, ignore_errors=True)


def keep(directory, name, lines, log):
    """Leave what a boot told for people, in the place of an earlier one of its kind."""
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    with open(path + ".console", "w", encoding="utf-8") as file:
        file.writelines("%.6f %s\n" % line for line in lines)
    if os.path.exists(log):
        shutil.copy(log, path + ".trace")


def record(kind, start, lines, how, guest, log, said):
    """The Record of a boot that ended as it should."""
    if not lines:
        raise Failed("%s before the guest printed anything on its serial port%s" % (
            ENDED[how], ", QEMU said: " + said.strip()[-500:] if said.strip() else ""))
    if how != "end":
        raise Failed("%s before a line matched %r; the last one was %r%s" % (
            ENDED[how], guest.end.pattern, lines[-1][1][-200:], ", QEMU said: " + said.strip()[-500:] if said.strip() else ""))
    try:
        with open(log, encoding="utf-8", errors="replace") as events:
            finished = Record(kind, start, end_of(lines, guest.end), lines, events)
    except FileNotFoundError:
        finished = Record(kind, start, end_of(lines, guest.end), lines, [])
    if guest.done and guest.done not in finished.log.marks:
        raise Failed("what the guest sent at its end was damaged")
    if "undriven" in finished.log.marks:
        raise Failed("a device of the guest had no driver after a minute")
    return finished


def stop(process):
    """QEMU has nothing to save."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
