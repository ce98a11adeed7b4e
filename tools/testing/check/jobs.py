# SPDX-License-Identifier: GPL-2.0
"""What "make check" runs, in order. A stage is a list of jobs; the jobs of a stage
do not depend on each other."""

import glob
import os
import re
import shlex
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../../.."))
BUILD = os.environ.get("PVPCI_BUILD", os.path.join(TOP, "build"))
VMTEST = os.path.join(TOP, "tools/testing/vmtest/vmtest")
SELFTESTS = os.path.join(TOP, "tools/testing/selftests")

sys.path.insert(0, os.path.dirname(VMTEST))
# pylint: disable=wrong-import-position
from machine import DEBUG, HYPERVISORS, packaged

PARTS = ("static", "tools", "unit", "vmtest", "kunit", "selftests")
# Longer than CI has time for: only when asked for.
ASKED = ("matrix",)


class Job:
    """A command with a name and a time limit in seconds. A needed one (a build)
    runs whatever ONLY says."""

    def __init__(self, name, command, limit, needed=False, **env):
        self.name, self.limit, self.needed, self.env = name, limit, needed, env
        self.command = command if isinstance(command, list) else shlex.split(command)


def script(name, *args, limit=300, needed=False):
    """A job that is an executable of this directory."""
    label = "/".join([name] + [arg for arg in args if not arg.startswith("-")])
    return Job(label, [os.path.join(HERE, name), *args], limit, needed)


def headers(path, word):
    """Lines "# WORD: TEXT" of a scenario."""
    with open(path, encoding="utf-8") as file:
        head = file.read(4096)
    return re.findall(r"^# %s:(.*)$" % word, head, re.MULTILINE)


def words_of(line):
    """One line of options: (its kernels, the other words, is it a host script?, limit)."""
    words, kernels, rest, is_host, limit = shlex.split(line), ["stock-6.1"], [], False, 180
    while words:
        word = words.pop(0)
        if word == "--kernel":
            kernels = words.pop(0).split(",")
        elif word == "--host" and words[0] == "self":
            is_host = bool(words.pop(0))
        elif word == "--pvpcid" and words[0] == "asan":
            rest += [word, os.path.join(BUILD, words.pop(0), "bin/pvpcid")]
        elif word in ("--bus", "--host", "--file"):
            rest += [word, os.path.join(SELFTESTS, words.pop(0))]
        else:
            rest.append(word)
    if "--timeout" in rest:
        limit = float(rest[rest.index("--timeout") + 1])
    return kernels, rest, is_host, limit


def guest(path, label, where, parsed):
    """The job of one run; @where is a kernel, or kernel@hypervisor."""
    _, rest, is_host, limit = parsed
    kernel, _, hypervisor = where.partition("@")
    if "--timeout" not in rest and kernel in DEBUG:
        limit = 400
    label += " " + where
    return Job("selftests/" + label, [
        VMTEST, "--quiet", "--kernel", kernel, "--name", label, *rest,
        *(["--hypervisor", hypervisor] if hypervisor else []),
        *(["--host", path] if is_host else [path])], limit + 200)


def scenario(path):
    """Jobs of one file in selftests; README.rst there says what it may hold."""
    name = os.path.basename(path)[:-3]
    runs, limit = headers(path, "vmtest"), headers(path, "limit")
    if not runs:
        return [Job("selftests/" + name, [path], float(limit[0]) if limit else 900)]
    jobs = []
    for number, line in enumerate(runs):
        parsed = words_of(line)
        label = name + (".%d" % (number + 1) if len(runs) > 1 else "")
        jobs += [guest(path, label, where, parsed) for where in parsed[0]]
    return jobs


def matrix():
    """The core on every x86 kernel of Debian under every QEMU of Debian: the runs that
    the suite has under another release's QEMU."""
    jobs = []
    for path in sorted(glob.glob(os.path.join(SELFTESTS, "*.sh"))):
        for number, line in enumerate(headers(path, "vmtest")):
            parsed = words_of(line)
            if any("@" in where for where in parsed[0]):
                label = "%s.%d" % (os.path.basename(path)[:-3], number + 1)
                jobs += [guest(path, label, kernel + "@" + hypervisor, parsed)
                         for kernel in packaged() if not kernel.startswith("arm64")
                         for hypervisor in HYPERVISORS]
    return jobs


def selftests():
    jobs = []
    for path in sorted(glob.glob(os.path.join(SELFTESTS, "*.sh"))):
        jobs += scenario(path)
    return jobs


def unit():
    """Makefile and *.mk of the unit tests, each with and without sanitizers."""
    where = os.path.join(TOP, "tools/testing/unit")
    # A few seconds each: they find nothing new, but show that they still work. All
    # together they take longest, so they start first.
    jobs = [Job("unit/fuzz-smoke", [
        "make", "-s", "-C", os.path.join(TOP, "tools/testing/fuzz"), "smoke",
        "OUT=" + os.path.join(BUILD, "fuzz")], 600)]
    for path in sorted(glob.glob(where + "/Makefile") + glob.glob(where + "/*.mk")):
        part = os.path.basename(path).split(".")[0].lower().replace("makefile", "daemon")
        for variant, args in (("gcc", ["CC=gcc"]),
                              ("asan", ["CC=clang", "SANITIZE=address,undefined"])):
            out = os.path.join(BUILD, "unit", variant, part)
            jobs.append(Job("unit/%s/%s" % (part, variant), [
                "make", "-s", "-C", where, "-f", path, "check", "OUT=" + out, *args],
                            600, CMOCKA_MESSAGE_OUTPUT="TAP"))
    return jobs


def all_jobs(parts):
    """(name, jobs) of each stage."""
    guests = {"vmtest", "kunit", "selftests", "matrix"} & set(parts)
    stages = [
        # Kernels come from elsewhere while the host programs are built and tested.
        ("host", [script("kernels", limit=1200, needed=True)] +
         [script("tools", variant, limit=600, needed=variant == "gcc")
          for variant in ("gcc", "clang", "asan")
          if "tools" in parts or (guests and variant != "clang") or
          ("static" in parts and variant == "gcc")] +
         (unit() if "unit" in parts else [])),
        ("modules", [script("modules", kernel, limit=600, needed=True)
                            for kernel in packaged(asked="matrix" in parts)
                            if guests or "static" in parts]),
        # A kernel takes minutes, and its linking one processor.
        ("static", [Job("build/" + kernel, [
            os.path.join(TOP, "tools/testing/kunit/build"), kernel], 3600, needed=True)
                    for kernel in DEBUG if {"kunit", "selftests"} & set(parts)] +
         ([script(name, limit=600) for name in (
             "sparse", "checkpatch", "cppcheck", "kernel-doc", "shellcheck", "python",
             "layout", "dkms", "conventions", "floors", "selftest")] +
          [Job("htmldocs", ["make", "-s", "-C", TOP, "htmldocs"], 600)]
          if "static" in parts else [])),
        ("guests", []),
    ]
    last = stages[-1][1]
    if "kunit" in parts:
        last += [Job("kunit/" + kernel, [
            os.path.join(TOP, "tools/testing/kunit/run"), kernel], 900) for kernel in DEBUG]
    if "vmtest" in parts:
        last += [Job("vmtest/selftest", [
            os.path.join(TOP, "tools/testing/vmtest/selftest")], 900)]
    if "selftests" in parts:
        last += selftests()
    if "matrix" in parts:
        last += matrix()
    return [stage for stage in stages if stage[1]]
