# SPDX-License-Identifier: GPL-2.0
"""A pvpcid below pvpcid-keep that is killed, and what its guest sees of it: for host
scripts of vmtest --keeper."""

import contextlib
import json
import os
import random
import signal
import socket
import threading
import time

from hotplug import Failed, expect, within

WINDOW_MS = 100		# of a probe: the longest I/O of each
# What a guest's kernel would say of a pause that was more than one.
COMPLAINTS = ("Bus is broken|nvme.*(timeout|I/O error|I/O tag|resetting|Removing|invalid id|genctr)|"
              "I/O error|BUG|WARN|hung_task")


def ask(command, **more):
    """An answer of the daemon; one that died meanwhile is asked no more: None."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(120)
    with link, contextlib.suppress(ConnectionError):
        link.connect(os.environ["PVPCI_CONTROL"])
        link.sendall(json.dumps({"command": command, **more}).encode() + b"\n")
        line = link.makefile("rb").readline()
        return json.loads(line) if line else None
    return None


class Daemon:
    """The pvpcid of the moment."""

    def __init__(self):
        self.keeper = int(os.environ["PVPCID_PID"])
        self.kills, self.restart_ms = 0, []

    def pid(self):
        """None between two of them."""
        with open("/proc/%d/task/%d/children" % (self.keeper, self.keeper),
                  encoding="ascii") as file:
            children = file.read().split()
        return int(children[0]) if children else None

    def kill(self):
        """Until the next one answers."""
        old = within(60, self.pid, "there is a pvpcid")
        begin = time.monotonic()
        os.kill(old, signal.SIGKILL)
        within(60, lambda: self.pid() not in (None, old) and ask("ping"), "the next one serves")
        self.restart_ms.append((time.monotonic() - begin) * 1000)
        self.kills += 1

    def files(self):
        """Open files of the daemon and of its keeper."""
        pids = (within(60, self.pid, "there is a pvpcid"), self.keeper)
        return [len(os.listdir("/proc/%d/fd" % pid)) for pid in pids]

    def memory_kb(self):
        """Anonymous memory of both."""
        total = []
        for pid in (within(60, self.pid, "there is a pvpcid"), self.keeper):
            with open("/proc/%d/status" % pid, encoding="ascii") as status:
                total += [int(line.split()[1]) for line in status if line.startswith("RssAnon")]
        return total


class Probe:
    """One read after another on a disk of the guest: what a death delays."""

    def __init__(self, guest, disk):
        self.guest, self.disk = guest, disk

    def start(self):
        self.guest.sh(
            "fio --name=probe --filename=%s --rw=randread --bs=4k --direct=1 --ioengine=psync "
            "--size=1M --time_based --runtime=1000000 --write_lat_log=/tmp/probe "
            "--log_avg_msec=%d --log_max_value=1 >/tmp/probe.log 2>&1 </dev/null & "
            "echo $! >/tmp/probe.pid; true" % (self.disk, WINDOW_MS))

    def end(self, deaths):
        """The @deaths longest ones in ms, of windows that each have at most one."""
        self.guest.sh("kill -INT $(cat /tmp/probe.pid); while kill -0 $(cat /tmp/probe.pid) "
                      "2>/dev/null; do sleep 0.1; done")
        expect(self.guest.ok("grep -q 'err= 0' /tmp/probe.log"),
               self.guest.run("tail -n 5 /tmp/probe.log")[1])
        lines = self.guest.sh("cut -d, -f2 /tmp/probe_clat.1.log").split()
        return sorted(int(line) / 1e6 for line in lines)[-deaths:]


class Changes:
    """A daemon that dies while something changes: it happens, or it did not, and both
    sides say the same of it."""

    def __init__(self, guest, daemon, domain, seed=1):
        self.guest, self.daemon, self.domain = guest, daemon, domain
        self.rng = random.Random(seed)

    def die_during(self, work, seconds=0.3):
        """Kill it within so long after work() has begun; what that returned."""
        result = []

        def run():
            try:
                result.append(work())
            except Failed as failed:
                result.append(failed)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        time.sleep(self.rng.random() * seconds)
        self.daemon.kill()
        thread.join(120)
        expect(not thread.is_alive(), "it hangs")
        if isinstance(result[0], Failed):
            raise result[0]
        return result[0]

    def there(self):
        """{slot: driver} as the daemon has them."""
        answer = ask("list")
        return {fn["slot"]: (fn["outcome"] or {}).get("driver")
                for fn in answer["functions"]} if answer else None

    def here(self):
        """The same as the guest has them."""
        lines = self.guest.sh(
            "for d in /sys/bus/pci/devices/%s:*; do [ -e $d ] && echo ${d##*:} "
            "$(basename $(readlink $d/driver) 2>/dev/null); done; true" % self.domain)
        pairs = [(line.split() + [None])[:2] for line in lines.splitlines() if line]
        return dict(pairs)

    def agree(self, what):
        """Both have the same functions with the same drivers."""
        within(60, lambda: self.there() == self.here(),
               "%s: guest and daemon agree: %s" % (what, str((self.there(), self.here()))[:600]))

    def has(self, slot):
        return slot in (within(60, self.there, "a list") or {})

    def add(self, function):
        """A function is added, by a second request where the first was lost."""
        self.die_during(lambda: ask("add", wait_ms=20000, function=function))
        if not self.has(function["slot"]):
            answer = ask("add", wait_ms=20000, function=function)
            expect(answer and answer["ok"], "add: %s" % answer)
        self.agree("add")

    def eject(self, slot):
        """The same for one that goes."""
        self.die_during(lambda: ask("eject", slot=slot, timeout_ms=20000))
        # What was begun goes on without whoever asked; what was not is asked for again.
        within(60, lambda: not self.has(slot) or ask("eject", slot=slot, timeout_ms=20000) and
               not self.has(slot), "it is ejected")
        self.agree("eject")

    def function_reset(self, slot):
        """A function level reset that the guest waits for."""
        path = "/sys/bus/pci/devices/%s:00:%s/reset" % (self.domain, slot)
        self.die_during(lambda: self.guest.sh("echo 1 >" + path))
        self.agree("reset")

    def rebalance(self):
        """Done, refused or forgotten: nobody cares, as long as both say the same."""
        self.guest.sh("modprobe pci_rebalance")
        self.die_during(lambda: ask("rebalance", timeout_ms=20000))
        self.guest.sh("rmmod pci_rebalance")
        self.agree("rebalance")

    def enumeration(self):
        """The guest's module is loaded anew."""
        self.guest.sh("rmmod pvpci")
        self.die_during(lambda: self.guest.sh("modprobe pvpci"), 1.0)
        self.agree("enumeration")

    def suspend(self):
        """All devices of the guest sleep and wake up."""
        self.die_during(lambda: self.guest.sh("echo devices >/sys/power/pm_test && "
                                              "echo freeze >/sys/power/state"), 2.0)
        self.guest.sh("echo none >/sys/power/pm_test")
        self.agree("suspend")

    def all_kinds(self, turns):
        """Each of them so often."""
        disk = "death%d.img" % os.getpid()
        with open(disk, "ab") as image:
            image.truncate(1 << 20)
        function = {"slot": "1e.0", "model": "nvme", "namespaces": [{"file": disk}]}
        for _ in range(turns):
            self.add(function)
            self.function_reset("1e.0")
            self.rebalance()
            self.eject("1e.0")
            self.suspend()
            self.enumeration()

    def quiet(self):
        """The kernel has nothing to say about any of it."""
        text = self.guest.run("dmesg | grep -E '%s'" % COMPLAINTS)[1]
        expect(not text, text[:1000])
