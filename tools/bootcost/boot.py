# SPDX-License-Identifier: GPL-2.0
"""One boot: QEMU, what the guest prints with the host's time, and QEMU's trace events."""
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time

import trace
from console import Lines
from daemon import Daemon, NotServing
from record import Record
from session import die_with_parent

# Without any tracing, for the time; with the kernel's, for shares; with QEMU's, for counts.
KINDS = ("plain", "profiled", "counted")
ENDED = {"timeout": "the time was up", "gone": "QEMU ended"}


class Failed(Exception):
    """A boot that did not end as it should; the message says how."""


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
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
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
        command = [*guest.prefix(options.qemu), program,
                   *guest.options(topology, kind, options.qemu, daemon.ram), *extra,
                   *daemon.options, *topology.devices(), *given]
        start = time.time()
        with open(os.path.join(work, "qemu.err"), "wb") as errors:
            process = subprocess.Popen(    # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                preexec_fn=die_with_parent)
        lines, how = watch(process, guest.end, options.timeout)
        with open(errors.name, encoding="utf-8", errors="replace") as text:
            said = text.read()
        stop(process)
        if options.keep:
            keep(options.keep, "%s-%s" % (topology.label().replace(", ", "-").replace(" ", "-"),
                                          kind), [(start, "QEMU is started")] + lines.lines, log)
        return judge(kind, start, lines.lines, how, guest, log, said)
    except FileNotFoundError as error:
        raise Failed("cannot start %s" % error.filename) from None
    except NotServing as error:
        raise Failed("%s" % error) from None
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


def judge(kind, start, lines, how, guest, log, said):
    """The Record of a boot that ended as it should."""
    said = ", QEMU said: " + said.strip()[-500:] if said.strip() else ""
    if not lines:
        raise Failed("%s before the guest printed anything on its serial port%s" % (
            ENDED[how], said))
    if how != "end":
        raise Failed("%s before a line matched %r; the last one was %r%s" % (
            ENDED[how], guest.end.pattern, lines[-1][1][-200:], said))
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
