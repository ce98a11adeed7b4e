# SPDX-License-Identifier: GPL-2.0
"""A guest with hotplug slots, seen from a host script of vmtest: QEMU's monitor,
commands in the guest, what the guest's kernel says of its devices, and a list of
cases that become KTAP."""

import contextlib
import json
import os
import shlex
import socket
import sys
import threading
import time
import traceback


class Failed(Exception):
    """Something is not as it should be; the text says what."""


def expect(condition, text):
    """Raise Failed with the text unless the condition holds."""
    if not condition:
        raise Failed(text)


def within(seconds, ask, text):
    """Wait until ask() is true; its last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        expect(time.monotonic() < end, "%s: not within %g s" % (text, seconds))
        time.sleep(0.05)


def socket_of(variable):
    """vmtest gives a small command; what it connects to is in it."""
    with open(os.environ[variable], encoding="utf-8") as file:
        return shlex.split(file.read().splitlines()[-1])[3]


def control(seconds=120, **request):
    """The answer of pvpcid's first bus, over a connection of its own as pvpcictl has one;
    Failed when it refuses."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(seconds)
    link.connect(os.environ["PVPCI_CONTROL"])
    with link, link.makefile("rb") as answers:
        link.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(answers.readline() or b'{"ok": false, "error": "no answer"}')
    expect(answer.get("ok"), "%s: %s" % (request["command"], answer.get("error")))
    return answer


def nvme_function(slot):
    """One disk of its own in a slot, as a bus config has it."""
    path = os.path.join(os.environ["OUT"], "disk-%s.img" % slot)
    with open(path, "ab") as file:
        file.truncate(1 << 20)
    return {"slot": slot, "model": "nvme", "queues": 1, "hotplug": True,
            "namespaces": [{"file": path}]}


class Qmp:
    """QEMU's monitor, by way of vmtest."""

    def __init__(self):
        self.path = socket_of("QMP")

    def ask(self, request):
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path)
        with link, link.makefile("rb") as answers:
            link.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(answers.readline() or b'{"error": {"desc": "no answer"}}')

    def do(self, command, **arguments):
        """The reply; Failed when QEMU refuses."""
        answer = self.ask({"execute": command, "arguments": {
            key.replace("_", "-"): value for key, value in arguments.items()}})
        expect("error" not in answer, "%s %s: %s" % (
            command, arguments, answer.get("error", {}).get("desc")))
        return answer["return"]

    def add(self, driver, ident, bus, **more):
        return self.do("device_add", driver=driver, id=ident, bus=bus, **more)

    def delete(self, ident):
        return self.do("device_del", id=ident)

    def press(self, ident, seconds=60):
        """delete() once an add by pciehp or shpchp is over: until then the power indicator
        blinks, with the driver bound already, and QEMU refuses."""
        def accepted():
            answer = self.ask({"execute": "device_del", "arguments": {"id": ident}})
            said = answer.get("error", {}).get("desc", "")
            expect(not said or "indicator blinking" in said, "device_del %s: %s" % (ident, said))
            return not said
        within(seconds, accepted, "%s may be removed" % ident)

    def wait_deleted(self, ident, seconds=60):
        """The time of day at which QEMU said that a device is gone."""
        answer = self.ask({"wait": "DEVICE_DELETED", "match": {"device": ident},
                           "timeout": seconds})
        expect("error" not in answer, answer.get("error", {}).get("desc"))
        stamp = answer["timestamp"]
        return stamp["seconds"] + stamp["microseconds"] / 1e6

    def was_deleted(self, ident):
        return "error" not in self.ask({"wait": "DEVICE_DELETED", "timeout": 0.01,
                                        "match": {"device": ident}})

    def monitor(self, line):
        """A command of the human monitor, and what it printed."""
        return self.do("human-monitor-command", command_line=line)

    def devices(self):
        """What was added and is there."""
        return {item["name"] for item in self.do("qom-list", path="/machine/peripheral")
                if item["type"].startswith("child<")}


class Guest:
    """Commands in the guest."""

    def __init__(self):
        self.path = socket_of("GUEST")

    def stream(self, line):
        """(status or None, text) as they come."""
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path)
        with link, link.makefile("rb") as answers:
            link.sendall(json.dumps({"run": line, "input": False}).encode() + b"\n")
            for text in answers:
                answer = json.loads(text)
                yield answer.get("status"), answer.get("out", "") + answer.get("err", "")

    def run(self, line):
        """(exit status, output)."""
        status, out = 255, ""
        for code, text in self.stream(line):
            out += text
            status = status if code is None else code
        return status, out

    def sh(self, line):
        """Output; Failed when the command fails."""
        status, out = self.run(line)
        expect(status == 0, "guest: %s: status %d: %s" % (line, status, out[-400:]))
        return out

    def ok(self, line):
        return self.run(line)[0] == 0

    def read(self, path):
        return self.sh("cat " + path).strip()

    def has_driver(self, name):
        return self.ok("modprobe " + name + " 2>/dev/null")

    def watch(self):
        """Kernel events as they come, see Watch."""
        return Watch(self)


class Watch:
    """Uevents of the guest, each with the time when it arrived here. The guest has
    uevents.c at /vmtest/uevents."""

    def __init__(self, guest):
        self.events, self.lock = [], threading.Condition()
        self.started = threading.Event()
        threading.Thread(target=self._listen, args=(guest,), daemon=True).start()
        self.started.wait(10)

    def _listen(self, guest):
        rest = ""
        for _, text in guest.stream("exec /vmtest/uevents"):
            now = time.time()
            rest += text
            *lines, rest = rest.split("\n")
            with self.lock:
                for word in lines:
                    if word == "ready":
                        self.started.set()
                    action, _, path = word.partition("@")
                    self.events.append((now, action, path))
                self.lock.notify_all()

    def clear(self):
        with self.lock:
            self.events.clear()

    def wait(self, action, ending, seconds=60):
        """Arrival of an event whose device path ends so; it is taken off."""
        end = time.monotonic() + seconds
        with self.lock:
            while True:
                for event in self.events:
                    if event[1] == action and event[2].endswith(ending):
                        self.events.remove(event)
                        return event[0]
                left = end - time.monotonic()
                expect(left > 0, "no %s of %s within %g s" % (action, ending, seconds))
                self.lock.wait(left)


class Slots:
    """Hotplug slots of the guest by QEMU's name of the port. Bus numbers change
    when bridges come and go, so they are asked for each time."""

    def __init__(self, guest, slots):
        self.guest, self.slots = guest, slots

    def path(self, name):
        return "/sys/bus/pci/slots/%s" % self.slots[name]

    def address(self, name):
        """PCI address of what is or would be in the slot, with its function."""
        return self.guest.read(self.path(name) + "/address") + ".0"

    def occupied(self, name):
        return self.guest.ok("test -e /sys/bus/pci/devices/%s" % self.address(name))

    def driver(self, name):
        """The driver of function 0, or an empty string."""
        return os.path.basename(self.guest.run(
            "readlink /sys/bus/pci/devices/%s/driver" % self.address(name))[1].strip())

    def port(self, name):
        """PCI address of the port itself."""
        bus = self.address(name).rsplit(":", 1)[0]
        return os.path.basename(os.path.dirname(self.guest.sh(
            "readlink -f /sys/class/pci_bus/%s/../.." % bus).strip() + "/x"))

    def get(self, name, attribute):
        return self.guest.read("%s/pciehp_pv/%s" % (self.path(name), attribute))

    def count(self, name, attribute):
        return int(self.get(name, attribute))

    def set(self, name, attribute, value):
        self.guest.sh("echo %s >%s/pciehp_pv/%s" % (value, self.path(name), attribute))

    def wait_driver(self, name, driver, seconds=60):
        within(seconds, lambda: self.driver(name) == driver,
               "%s bound in %s (%s)" % (driver, name, self.driver(name)))

    def wait_empty(self, name, seconds=60):
        within(seconds, lambda: not self.occupied(name), "%s is empty" % name)


class Cases:
    """Runs functions as KTAP subtests; a failure does not end the others. What the
    witness says is printed beside the reason of a failure."""

    def __init__(self, witness=lambda: ""):
        self.number = self.failed = 0
        self.witness = witness

    def _why(self, text):
        with contextlib.suppress(Exception):
            text += "\n" + self.witness()
        print("# " + text.rstrip().replace("\n", "\n# "))

    def run(self, function, *arguments, name=None):
        self.number += 1
        name = name or function.__name__.replace("_", " ")
        begin = time.monotonic()
        try:
            reason = function(*arguments)
        except Failed as failed:
            self._why(str(failed))
            result = "not ok %d %s" % (self.number, name)
        except Exception:	# pylint: disable=broad-except
            self._why(traceback.format_exc())
            result = "not ok %d %s" % (self.number, name)
        else:
            result = "ok %d %s%s" % (self.number, name,
                                     " # SKIP " + reason if reason else "")
        self.failed += result.startswith("not")
        print(result + ("" if "SKIP" in result else " # %.1f s" % (time.monotonic() - begin)))
        sys.stdout.flush()

    def finish(self):
        print("1..%d" % self.number)
        sys.exit(self.failed > 0)


@contextlib.contextmanager
def module(guest, arguments=""):
    """pciehp_pv loaded for a while."""
    guest.sh("modprobe pciehp_pv " + arguments)
    try:
        yield
    finally:
        guest.sh("rmmod pciehp_pv")
