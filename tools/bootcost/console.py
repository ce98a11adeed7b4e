# SPDX-License-Identifier: GPL-2.0
"""What a guest prints: lines with the host's time of their first byte, and what the kernel
says in them about itself."""
import base64
import re
import zlib
from bisect import bisect_left

STAMP = re.compile(r"^\[\s*(\d+\.\d+)\](?:\[\s*[TC]\d+\])? ?(.*)$")
CALLING = re.compile(r"calling\s+(\w+)\+\S+(?: \[(\w+)\])? @ (\d+)")
RETURNED = re.compile(r"initcall (\w+)\+\S+(?: \[(\w+)\])? returned (-?\d+) after (\d+) usecs")
PROBE = re.compile(r"probe of (\S+) returned (-?\d+) after (\d+) usecs")
# The scan of a root bus begins so; what ACPI says next, or the initcall's end, ends it.
SCAN_BEGINS = re.compile(r"PCI host bridge to bus")
SCAN_ENDS = re.compile(r"ACPI: |initcall acpi_init")
RUN_INIT = re.compile(r"Run \S+ as init process")
CONSOLE = re.compile(r"console \[tty\w+\] enabled")
MARK = re.compile(r"bootcost: (\w+)$")
# Of ftrace's function_graph, one level deep.
GRAPH = re.compile(r"^\s*\d+\)\s+(?:\S\s+)?(\d+\.\d+) us\s+\|\s+(?:(\w+)\(\);|\} /\* (\w+) \*/)")
BEGIN_DUMP, END_DUMP = "bootcost-dump-begin", "bootcost-dump-end"
TRACE_FOLLOWS = "----bootcost-trace"


def stamped(text):
    """(the kernel's seconds, the rest) of a line, or (None, the line)."""
    match = STAMP.match(text)
    return (float(match[1]), match[2]) if match else (None, text)


class Lines:
    """Bytes to lines, each with the time at which its first byte came."""

    def __init__(self):
        self.lines, self._part, self._since = [], b"", 0.0

    def feed(self, data, when):
        for piece in data.splitlines(keepends=True):
            if not self._part:
                self._since = when
            self._part += piece
            if piece.endswith((b"\n", b"\r")):
                self.finish()

    def finish(self):
        text = self._part.decode("utf-8", "replace").rstrip("\r\n")
        if text:
            self.lines.append((self._since, text))
        self._part = b""

    def unfinished(self):
        """A prompt has no end of line."""
        return self._part.decode("utf-8", "replace")


class Clock:
    """The guest kernel's clock by the host's. A line cannot arrive before it is printed, so
    the one that came soonest tells when the clock began. Where the kernel prints at once what
    it has to say (since its console is there: what came before waited for that), every line
    tells, and what the guest's clock is wrong by matters no more.

    zero	when the guest's clock began, None when no line has a time"""

    def __init__(self, lines):
        points = [(stamp, when) for when, text in lines
                  for stamp in [stamped(text)[0]] if stamp]
        self.zero = min((when - stamp for stamp, when in points), default=None)
        enabled = [at for at, (_, text) in enumerate(lines) if CONSOLE.search(text)]
        self._stamps, self._offsets = [], []
        for when, text in lines[enabled[0]:] if enabled else []:
            stamp, _ = stamped(text)
            if stamp and (not self._stamps or stamp > self._stamps[-1]):
                self._stamps.append(stamp)
                self._offsets.append(when - stamp)
        if self._offsets:
            self.zero = self._offsets[0]

    def host(self, stamp):
        """The host's time of a time of the guest: with what the next line was off by, since
        the line before may have waited for a processor."""
        if not self._stamps:
            return self.zero + stamp
        at = min(bisect_left(self._stamps, stamp), len(self._stamps) - 1)
        return self._offsets[at] + stamp


def undump(lines):
    """(kernel log, ftrace) that our guest sends at its end, lists of lines; empty lists when
    there is nothing, or when it is damaged."""
    packed, inside = [], False
    for _, text in lines:
        if text.endswith(BEGIN_DUMP):
            inside, packed = True, []
        elif text.endswith(END_DUMP):
            inside = False
        elif inside:
            packed.append(text.strip())
    try:
        text = zlib.decompress(base64.b64decode("".join(packed)), 31).decode("utf-8", "replace")
    except (ValueError, zlib.error):
        return [], []
    log, _, trace = text.partition(TRACE_FOLLOWS + "\n")
    return log.splitlines(), trace.splitlines()


class KernelLog:
    """What a kernel with initcall_debug tells: times are its own, in seconds.

    initcalls	[(name, module or None, start, end)], as they ended
    probes	[(device, start, end)]: drivers that looked at a device
    scans	[(start, end)] of the scans of root buses
    run_init	when it started its first program
    marks	{name: when}: what our guest says of itself"""

    def __init__(self, lines):
        self.initcalls, self.probes, self.scans, self.marks = [], [], [], {}
        self.run_init = None
        calling, scanning = {}, False
        for text in lines:
            stamp, rest = stamped(text)
            if stamp is None:
                continue
            if SCAN_BEGINS.search(rest):
                self.scans.append((stamp, stamp))
                scanning = True
            elif scanning and SCAN_ENDS.match(rest):
                self.scans[-1] = (self.scans[-1][0], stamp)
                scanning = False
            if match := CALLING.match(rest):
                calling[(match[1], match[2])] = stamp
            elif match := RETURNED.match(rest):
                # The kernel's microseconds are jiffies before it has a better clock.
                start = calling.pop((match[1], match[2]), stamp - int(match[4]) / 1e6)
                self.initcalls.append((match[1], match[2], start, stamp))
            elif match := PROBE.match(rest):
                self.probes.append((match[1], stamp - int(match[3]) / 1e6, stamp))
            elif match := MARK.match(rest):
                self.marks.setdefault(match[1], stamp)
            elif self.run_init is None and RUN_INIT.match(rest):
                self.run_init = stamp

    def builtin(self):
        """Initcalls of the kernel itself."""
        return [call for call in self.initcalls if call[1] is None]


def graph(lines):
    """{function: (calls, seconds)} of function_graph's text."""
    found = {}
    for text in lines:
        match = GRAPH.match(text)
        if match:
            name = match[2] or match[3]
            calls, seconds = found.get(name, (0, 0.0))
            found[name] = (calls + 1, seconds + float(match[1]) / 1e6)
    return found
