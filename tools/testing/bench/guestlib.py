# SPDX-License-Identifier: GPL-2.0
"""Boot a guest for a benchmark: vmtest with a host script of ours beside it."""
import json
import os
import shutil
import subprocess
import tempfile
import time

from benchlib import ROOT, progress

SELFTESTS = os.path.join(ROOT, "tools/testing/selftests/lib")
VMTEST = os.path.join(ROOT, "tools/testing/vmtest/vmtest")


def uevents(work):
    """The listener of selftests/lib/hotplug.py that runs in the guest, built in @work."""
    program = os.path.join(work, "uevents")
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-static", "-O2", "-Wall", "-Werror",
                    "-o", program, os.path.join(SELFTESTS, "uevents.c")], check=True)
    return program


class GuestFailed(Exception):
    """vmtest did not say PASS."""


class Guest:
    """One boot: directory, bus files and the time it took.

    with Guest("bench-io", buses=[{...}]) as guest:
        guest.run("host script text")
        guest.read("fio.json")
    """

    def __init__(self, name, kernel="stock-6.12", buses=(), qemu=(), append="", smp=2,
                 mem=1024, timeout=600, keeper=False):
        self.name, self.kernel, self.buses = name, kernel, list(buses)
        self.qemu, self.append, self.smp = list(qemu), append, smp
        self.mem, self.timeout, self.keeper = mem, timeout, keeper
        self.out = tempfile.mkdtemp(prefix=name + "-", dir=self.work())
        self.seconds = None

    @staticmethod
    def work():
        """Where runs keep their files: inside the tree, like all that is built."""
        path = os.path.join(ROOT, "build/bench/work")
        os.makedirs(path, exist_ok=True)
        return path

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            shutil.rmtree(self.out, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.out, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def run(self, script):
        """Run the host script (bash) beside the guest; raises unless PASS."""
        with open(self.path("script.sh"), "w", encoding="utf-8") as file:
            file.write("set -euo pipefail\n" + script)
        command = [VMTEST, "--quiet", "--kernel", self.kernel, "--name", self.name,
                   "--smp", str(self.smp), "--mem", str(self.mem),
                   "--timeout", str(self.timeout), "--out", self.out,
                   "--host", self.path("script.sh")]
        for number, bus in enumerate(self.buses):
            with open(self.path(f"bus{number}.json"), "w", encoding="utf-8") as file:
                json.dump(bus, file)
            command += ["--bus", self.path(f"bus{number}.json")]
        if self.keeper:
            command += ["--keeper"]
        for text in self.qemu:
            command += ["--qemu=" + text]
        if self.append:
            command += ["--append=" + self.append]
        begin = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        self.seconds = time.monotonic() - begin
        if done.returncode:
            progress(done.stdout[-3000:])
            raise GuestFailed(f"{self.name}: vmtest ended with {done.returncode}, "
                              f"logs in {self.out}")
