# SPDX-License-Identifier: GPL-2.0
"""The pvpcid of a boot with functions of ours."""
import json
import os
import subprocess
import time

from session import die_with_parent


class NotServing(Exception):
    """It ended, or made no socket; the message is what it said."""


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
                 topology.machine], cwd=work, stdout=log, stderr=log,
                preexec_fn=die_with_parent)
        deadline = time.monotonic() + 30
        while not os.path.exists(socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(log.name, encoding="utf-8", errors="replace") as text:
                    said = text.read()[-500:]
                self.stop()
                raise NotServing("pvpcid made no socket: " + said)
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
