# SPDX-License-Identifier: GPL-2.0
"""One run: the daemons, the guest, the two scripts, and the host's way into all
of them. Everything has a time limit and nothing outlives the run."""

import asyncio
import ctypes
import glob
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import time

import image
import machine
from execute import Agent
from monitor import Monitor

POWER_OFF_SECONDS = 30
DAEMON_SECONDS = 10
SILENT_SECONDS = 60
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """In a new child: a process group of its own that ends when we do."""
    os.setsid()
    LIBC.prctl(1, signal.SIGKILL)	# PR_SET_PDEATHSIG


def sweep():
    """Remove what a run that was killed could not."""
    for path in glob.glob("/dev/shm/vmtest-[0-9]*-*"):
        if not os.path.exists("/proc/" + path.split("-")[1]):
            shutil.rmtree(path, ignore_errors=True)


class Session:
    """State of a run; verdict.judge() reads it when the run is over."""

    def __init__(self, options, kernel, out):
        self.options, self.kernel, self.out = options, kernel, out
        sweep()
        self.run_directory = tempfile.mkdtemp(prefix="vmtest-%d-" % os.getpid(), dir="/dev/shm")
        self.ram = os.path.join(self.run_directory, "ram")
        self.accel = machine.choose_accel(options.accel, kernel)
        self.started = False
        self.boots = 0
        self.guest_status = self.host_status = None
        self.failure = self.lost = ""
        self.evidence, self.leaks, self.daemons = [], [], []
        self.report = self.qemu = self.monitor = self.agent = None
        self.event = {name: asyncio.Event() for name in
                      ("started", "script", "off", "gone", "leaks")}

    def path(self, name):
        return os.path.join(self.out, name)

    def socket(self, name):
        return os.path.join(self.run_directory, name + ".sock")

    def text(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read().replace("\r", "")
        except OSError:
            return ""

    def console(self):
        return self.text("console.log")

    def output(self):
        return self.text("output.log") + self.text("host.log")

    # -- pieces ------------------------------------------------------------

    async def spawn(self, args, log, **more):
        """A child whose output goes to a file of $OUT."""
        with open(self.path(log), "ab") as file:
            return await asyncio.create_subprocess_exec(
                *args, stdin=more.pop("stdin", asyncio.subprocess.DEVNULL), stdout=file,
                stderr=file, preexec_fn=die_with_parent, **more)

    def environment(self):
        """What the host script sees."""
        env = dict(os.environ, OUT=self.out, QMP=self.run_directory + "/qmp",
                   GUEST=self.run_directory + "/guest", KERNEL=self.kernel.name,
                   CROSS_COMPILE=self.kernel.cross,
                   PATH=os.path.join(machine.BUILD, "bin") + ":" + os.environ["PATH"])
        if self.qemu:
            env["QEMU_PID"] = str(self.qemu.pid)
        for number, daemon in enumerate(self.daemons):
            env["PVPCI_CONTROL_%d" % number] = self.socket("control%d" % number)
            env["PVPCID_PID_%d" % number] = str(daemon.pid)
            env["PVPCID_COMMAND_%d" % number] = shlex.join(self.daemon_command(number))
        if self.daemons:
            env["PVPCI_CONTROL"] = env["PVPCI_CONTROL_0"]
            env["PVPCID_PID"] = env["PVPCID_PID_0"]
            env["PVPCID_COMMAND"] = env["PVPCID_COMMAND_0"]
        return env

    def write_commands(self):
        """$QMP and $GUEST are paths of small commands, so that scripts can quote them."""
        for name in ("qmp", "guest"):
            path = os.path.join(self.run_directory, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nexec /usr/bin/python3 %s %s \"$@\"\n" % (
                    shlex.quote(os.path.join(machine.HERE, name)),
                    shlex.quote(self.socket(name))))
            os.chmod(path, 0o755)

    def daemon_command(self, number):
        keeper = [self.options.pvpcid + "-keep"] if self.options.keeper else []
        family = machine.family(self.options.machine or self.kernel.machine())
        told = machine.bus_tells_memory(self.options.bus[number])
        return [*keeper, self.options.pvpcid, "--config", os.path.abspath(self.options.bus[number]),
                "--socket", self.socket("bus%d" % number),
                "--control", self.socket("control%d" % number),
                *([] if told else ["--memory", self.ram, "--machine", family]),
                *self.options.pvpcid_options]

    async def start_daemon(self, number):
        """One pvpcid, ready to be connected to."""
        log = "pvpcid%d.log" % number
        for name in machine.bus_files(self.options.bus[number]):
            if not os.path.exists(self.path(name)):
                with open(self.path(name), "wb") as disk:
                    disk.truncate(self.options.disk_mib << 20)
        try:
            daemon = await self.spawn(self.daemon_command(number), log, cwd=self.out)
        except OSError as error:
            raise Stopped("cannot start %s: %s" % (self.options.pvpcid, error)) from None
        self.daemons.append(daemon)
        deadline = time.monotonic() + DAEMON_SECONDS
        while not os.path.exists(self.socket("bus%d" % number)):
            if daemon.returncode is not None or time.monotonic() > deadline:
                what = "ended with status %s" % daemon.returncode
                if daemon.returncode is None:
                    # Of one that ended, check_daemons() shows what it said.
                    self.evidence += self.text(log).splitlines()[-30:]
                    what = "made no socket"
                raise Stopped("pvpcid for %s %s" % (self.options.bus[number], what))
            await asyncio.sleep(0.02)

    def check_daemons(self):
        """A daemon that died by itself is a failure; one the script stopped is not."""
        for number, daemon in enumerate(self.daemons):
            status = daemon.returncode
            if status in (None, 0, -signal.SIGKILL, -signal.SIGTERM):
                continue
            self.evidence += self.text("pvpcid%d.log" % number).splitlines()[-40:]
            self.failure = self.failure or "pvpcid %d ended with status %d" % (number, status)

    async def serve_report(self, reader, writer):
        """The guest's own serial port."""
        self.report = writer
        while True:
            try:
                line = (await reader.readline()).decode("utf-8", "replace")
            except ConnectionError:
                return
            if not line:
                return
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "start":
                if not self.started or self.event["off"].is_set() or self.guest_restarted:
                    self.boots += 1
                self.guest_restarted = False
                self.started = True
                writer.write(b"run %d\n" % self.boots)
                self.agent.serving(self.boots)
                self.event["started"].set()
            elif word == "exit" and rest.isdigit():
                self.guest_status = int(rest)
                self.event["script"].set()
            elif word == "leak":
                self.leaks.append(rest)
            elif word == "leaks":
                self.event["leaks"].set()
            elif word == "off":
                self.event["off"].set()

    guest_restarted = False

    def on_qemu_event(self, event):
        if event.get("event") == "RESET" and self.started:
            self.guest_restarted = True
            self.agent.restarted()

    def pin(self):
        """How to start QEMU on one processor of the host; machine.ACCELS says why."""
        if self.accel != "tcg" or not shutil.which("taskset"):
            return []
        number = machine.processor(glob.glob("/dev/shm/vmtest-[0-9]*-*/processor"))
        with open(self.run_directory + "/processor", "w", encoding="ascii") as file:
            file.write("%d\n" % number)
        return ["taskset", "-c", "%d" % number]

    async def start_guest(self):
        await asyncio.start_unix_server(self.serve_report, self.socket("report"))
        self.monitor = Monitor(self.path("qmp.log"), self.on_qemu_event)
        await asyncio.start_unix_server(self.monitor.serve_qemu, self.socket("qemu"))
        await asyncio.start_unix_server(self.monitor.serve_client, self.socket("qmp"))
        self.agent = Agent()
        await asyncio.start_unix_server(self.agent.serve_guest, self.socket("exec"))
        await asyncio.start_unix_server(self.agent.serve_client, self.socket("guest"))
        args = self.pin() + machine.command(self)
        with open(self.path("qemu.sh"), "w", encoding="utf-8") as file:
            file.write(shlex.join(args) + "\n")
        if self.options.shell:
            self.watch_qemu(await asyncio.create_subprocess_exec(
                *args, preexec_fn=lambda: LIBC.prctl(1, signal.SIGKILL)))
            return
        self.watch_qemu(await self.spawn(args, "qemu.log"))
        while await self.fell_asleep():
            self.evidence.append("its kernel fell asleep before it began with PCI, started again: " +
                                 self.console().splitlines()[-1])
            qemu, self.qemu = self.qemu, None
            qemu.kill()
            await qemu.wait()
            self.watch_qemu(await self.spawn(args, "qemu.log"))

    def watch_qemu(self, process):
        async def watch():
            await process.wait()
            if process is self.qemu:
                self.event["gone"].set()

        self.qemu = process
        asyncio.ensure_future(watch())

    async def fell_asleep(self):
        """Does every processor of the guest wait for an interrupt, for a minute, before any code
        of ours has run? Linux 6.1 with lockdep loses its timer under TCG on a busy machine: it
        stays in the first synchronize_rcu_tasks(), one boot of 45."""
        told, silent = "", 0
        while not any(self.event[name].is_set() for name in ("started", "gone")):
            await asyncio.sleep(1)
            console = self.console()
            if re.search(r"^\[ *[0-9.]+\] (PCI|pci)", console, re.MULTILINE):
                return False
            silent = silent + 1 if console and console == told else 0
            told = console
            if silent >= SILENT_SECONDS:
                processors = [line for line in await self.where() if "HLT=" in line]
                return bool(processors) and all("HLT=1" in line for line in processors)
        return False

    async def wait(self, name, seconds):
        """True when it happens before the guest goes or the time is up."""
        waits = [asyncio.ensure_future(self.event[key].wait()) for key in (name, "gone")]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        return self.event[name].is_set()

    async def run_host_script(self):
        script = os.path.abspath(self.options.host)
        args = [script] if os.access(script, os.X_OK) else ["bash", script]
        process = await self.spawn(args, "host.log", env=self.environment(), cwd=self.out)
        try:
            self.host_status = await process.wait()
        finally:
            kill_group(process)

    # -- the run -----------------------------------------------------------

    async def scripts(self):
        """Both scripts, side by side."""
        parts = []
        if self.options.host:
            parts.append(asyncio.ensure_future(self.run_host_script()))
        if self.options.script:
            parts.append(asyncio.ensure_future(self.event["script"].wait()))
        gone = asyncio.ensure_future(self.event["gone"].wait())
        try:
            while parts and not gone.done():
                done, _ = await asyncio.wait(parts + [gone],
                                             return_when=asyncio.FIRST_COMPLETED)
                parts = [part for part in parts if part not in done]
                # A failed script need not wait for the other one.
                if self.host_status or self.guest_status or any(part.exception() for part in done
                                           if part is not gone):
                    break
            if parts and gone.done() and not (self.host_status or self.guest_status):
                self.lost = "the guest went away: QEMU ended with status %s" % (
                    self.qemu.returncode)
        finally:
            for part in parts + [gone]:
                part.cancel()
            await asyncio.gather(*parts, gone, return_exceptions=True)

    async def power_off(self):
        if self.event["gone"].is_set() or not self.report:
            return
        if self.options.leaks:
            self.report.write(b"leaks\n")
            await self.wait("leaks", 120)
        self.report.write(b"off\n")
        if not await self.wait("gone", POWER_OFF_SECONDS * (3 if self.kernel.debug else 1)):
            self.failure = "the guest did not power off within %d s" % POWER_OFF_SECONDS

    async def guest(self):
        """From power on to power off."""
        for number in range(len(self.options.bus)):
            await self.start_daemon(number)
        await self.start_guest()
        if self.options.shell:
            await self.qemu.wait()
            return
        if not await self.wait("started", self.options.timeout):
            self.lost = "the guest ended before it reported"
            return
        await self.scripts()
        await self.power_off()

    async def show(self):
        """What the scripts print, while they print it."""
        shown = 0
        while True:
            text = self.output()
            if len(text) > shown:
                sys.stdout.write(text[shown:])
                sys.stdout.flush()
                shown = len(text)
            await asyncio.sleep(0.2)

    async def limited(self):
        try:
            await asyncio.wait_for(self.guest(),
                                   None if self.options.shell else self.options.timeout)
        except asyncio.TimeoutError:
            limit = "%d s were not enough" % self.options.timeout
            if not self.started:
                self.lost = "the guest did not report in %d s" % self.options.timeout
                self.evidence += await self.where()
            elif await self.agent.ping(10):
                self.failure = limit + ": a script did not end"
            else:
                self.lost = limit + " and the guest does not answer"
                self.evidence += await self.where()
        except Stopped as stopped:
            self.failure = str(stopped)

    async def where(self):
        """Where the processors of a lost guest are: the first lines of their registers."""
        command = {"execute": "human-monitor-command",
                   "arguments": {"command-line": "info registers -a"}}
        try:
            reply = await asyncio.wait_for(self.monitor.execute(command), 10)
        except asyncio.TimeoutError:
            reply = {}
        return [line.strip() for line in str(reply.get("return", "")).splitlines()
                if line.startswith(("CPU#", "RIP", "RSP", " PC=")) or "RIP=" in line]

    async def run(self):
        os.makedirs(self.out, exist_ok=True)
        # Logs of an earlier run in the same place would pass for this one's.
        for path in glob.glob(self.path("*.log")):
            os.unlink(path)
        self.write_commands()
        files = dict(pair for pair in self.options.file)
        image.build_image(machine.BUILD, self.kernel, self.path("initrd"),
                          self.options.script, files)
        main = asyncio.ensure_future(self.limited())
        live = asyncio.ensure_future(self.show()) if self.options.live else None
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, main.cancel)
        try:
            await main
        except asyncio.CancelledError:
            self.failure = "interrupted"
        finally:
            if live:
                await asyncio.sleep(0.3)
                live.cancel()
            await self.close()

    async def close(self):
        for process in [self.qemu] if self.qemu else []:
            if process.returncode is None:
                process.kill()
                await process.wait()
            elif process.returncode:
                self.evidence += self.text("qemu.log").splitlines()[-10:]
        for daemon in self.daemons:
            if daemon.returncode is None:
                daemon.terminate()
                try:
                    await asyncio.wait_for(daemon.wait(), 10)
                except asyncio.TimeoutError:
                    daemon.kill()
                    await daemon.wait()
                    self.failure = self.failure or "pvpcid did not stop on SIGTERM"
        self.check_daemons()
        shutil.rmtree(self.run_directory, ignore_errors=True)
        if os.path.exists(self.path("initrd")):
            os.unlink(self.path("initrd"))


class Stopped(Exception):
    """The run cannot go on; the message is the reason."""


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(options, kernel, out):
    """Run it; the session tells what happened."""
    session = None

    async def go():
        nonlocal session
        session = Session(options, kernel, out)
        await session.run()

    asyncio.run(go())
    return session
