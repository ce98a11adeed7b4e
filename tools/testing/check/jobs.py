# SPDX-License-Identifier: GPL-2.0
"""What "make check" runs. A job says what has to be there before it, so that one that
needs nothing waits for nothing, and whatever is asked for brings along what it needs."""

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
# It builds the modules once more, in the same place: whoever takes them waits for it.
SPARSE = {"sparse/stock-6.12", "sparse/stock-6.1"}


class Job:
    """A command with a name, a time limit in seconds, the part that it belongs to, names
    of jobs that have to run before it (@needs: they are brought along; @after: only if
    they run at all), and its environment."""

    def __init__(self, part, name, command, limit, needs=(), after=(), **env):
        self.part, self.name, self.limit, self.env = part, name, limit, env
        self.needs, self.after = set(needs), set(after)
        self.command = command if isinstance(command, list) else shlex.split(command)


def script(part, name, *args, limit=600, needs=(), after=()):
    """A job that is an executable of this directory."""
    return Job(part, "/".join([name, *args]), [os.path.join(HERE, name), *args], limit,
               needs, after)


def headers(path, word):
    """Lines "# WORD: TEXT" of a scenario."""
    with open(path, encoding="utf-8") as file:
        head = file.read(4096)
    return re.findall(r"^# %s:(.*)$" % word, head, re.MULTILINE)


class Line:
    """A line of options: its kernels, those of "make check-matrix" only (--more), the other
    words, whether it is a host script, its limit, and what it needs besides a kernel."""

    def __init__(self, text):
        words = shlex.split(text)
        # With --more alone it is for "make check-matrix".
        self.kernels = ["stock-6.1"] if "--more" not in words else []
        self.more, self.rest = [], []
        self.is_host, self.needs = False, {"tools/gcc"}
        while words:
            word = words.pop(0)
            if word == "--kernel":
                self.kernels = words.pop(0).split(",")
            elif word == "--more":
                self.more = words.pop(0).split(",")
            elif word == "--host" and words[0] == "self":
                self.is_host = bool(words.pop(0))
            elif word == "--pvpcid" and words[0] == "asan":
                self.needs.add("tools/asan")
                self.rest += [word, os.path.join(BUILD, words.pop(0), "bin/pvpcid")]
            elif word in ("--bus", "--host", "--file"):
                self.rest += [word, os.path.join(SELFTESTS, words.pop(0))]
            else:
                self.rest.append(word)
        self.limit = (float(self.rest[self.rest.index("--timeout") + 1])
                      if "--timeout" in self.rest else None)


def modules_of(kernel):
    """The job that leaves our modules, and the kernel, ready for guests."""
    return ("build/" if kernel in DEBUG else "modules/") + kernel


def guest(part, path, label, where, line):
    """The job of one run; @where is a kernel, or kernel@hypervisor."""
    kernel, _, hypervisor = where.partition("@")
    limit = line.limit or (800 if kernel in DEBUG else 400)
    label += " " + where
    # Tests in modules have a job of their own: elsewhere each load would run them all.
    quiet = ["--append", "kunit.enable=0"] if kernel in DEBUG else []
    return Job(part, "selftests/" + label, [
        VMTEST, "--quiet", "--kernel", kernel, "--name", label, *line.rest, *quiet,
        *(["--hypervisor", hypervisor] if hypervisor else []),
        *(["--host", path] if line.is_host else [path])], limit + 200,
               line.needs | {modules_of(kernel)} |
               ({"hypervisor/" + hypervisor} if hypervisor else set()), SPARSE)


def program(part, path, *args):
    """The job of a scenario that runs by itself: on the kernels that it names."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    limit = headers(path, "limit")
    # What another run of it takes is that run's.
    text = " ".join([re.sub(r"(?m)^# matrix:.*", "", text), *args])
    return Job(part, " ".join(["selftests/" + os.path.basename(path)[:-3], *args]),
               [path, *args], float(limit[0]) if limit else 900,
               {"tools/gcc"} | {modules_of(kernel) for kernel in packaged() + DEBUG
                                if re.search(r"\b%s\b" % re.escape(kernel), text)} |
               {"kernel/" + tree for tree in re.findall(r"\bsource-6[.\d]*\d", text)}, SPARSE)


def runs(path):
    """(label, line) of each run of a scenario."""
    name, lines = os.path.basename(path)[:-3], headers(path, "vmtest")
    return [(name + (".%d" % (number + 1) if len(lines) > 1 else ""), Line(text))
            for number, text in enumerate(lines)]


def scenarios():
    return sorted(glob.glob(os.path.join(SELFTESTS, "*.sh")))


def selftests():
    """Jobs of the files in selftests; README.rst there says what they may hold."""
    jobs = []
    for path in scenarios():
        lines = runs(path)
        jobs += [guest("selftests", path, label, where, line)
                 for label, line in lines for where in line.kernels]
        if not lines and headers(path, "part") != [" matrix"]:
            jobs.append(program("selftests", path))
    return jobs


def matrix():
    """The core on every x86 kernel of Debian under every QEMU of Debian: the runs that
    the suite has under another release's QEMU. What runs on arm64, on all of its kernels.
    And all that it leaves out for time."""
    jobs = []
    for path in scenarios():
        for label, line in runs(path):
            places = list(line.more)
            if any("@" in where for where in line.kernels):
                places += [kernel + "@" + hypervisor for kernel in packaged()
                           if not kernel.startswith("arm64") for hypervisor in HYPERVISORS]
            if any(where.startswith("arm64") for where in line.kernels + line.more):
                places += [kernel for kernel in packaged() if kernel.startswith("arm64")]
            jobs += [guest("matrix", path, label, where, line) for where in dict.fromkeys(places)
                     if where not in line.kernels]
        jobs += [program("matrix", path, *args.split()) for args in headers(path, "matrix")]
    return jobs


def unit():
    """Makefile and *.mk of the unit tests, each with and without sanitizers, and those of the
    Python programs."""
    where = os.path.join(TOP, "tools/testing/unit")
    # A few seconds each: they find nothing new, but show that they still work.
    jobs = [Job("unit", "unit/fuzz-smoke", [
        "make", "-s", "-C", os.path.join(TOP, "tools/testing/fuzz"), "smoke",
        "OUT=" + os.path.join(BUILD, "fuzz")], 600),
            Job("unit", "unit/bootcost", [os.path.join(where, "bootcost/check")], 120)]
    for path in sorted(glob.glob(where + "/Makefile") + glob.glob(where + "/*.mk")):
        part = os.path.basename(path).split(".")[0].lower().replace("makefile", "daemon")
        for variant, args in (("gcc", ["CC=gcc"]),
                              ("asan", ["CC=clang", "SANITIZE=address,undefined"])):
            out = os.path.join(BUILD, "unit", variant, part)
            # The longest: with sanitizers in make check, without them in the matrix as well,
            # with a death before each store there, not one in some.
            asked = variant == "gcc" and part in ("models", "daemon")
            jobs.append(Job("matrix" if asked else "unit", "unit/%s/%s" % (part, variant), [
                "make", "-s", "-C", where, "-f", path, "check", "OUT=" + out, *args],
                            1200, CMOCKA_MESSAGE_OUTPUT="TAP",
                            **({"PVPCI_DEATHS": "all"} if asked else {})))
    return jobs


def static():
    source, stock = {"kernel/source-6.12"}, {"modules/stock-6.1", "modules/stock-6.12"}
    needs = {"checkpatch": source, "kernel-doc": source,
             "layout": stock | source | {"kernel/source-6.1"},
             "floors": {"modules/stock-6.12", "tools/gcc"}, "cppcheck": (), "shellcheck": (),
             "python": (), "conventions": (), "architectures": (), "selftest": ()}
    return ([script("static", name, needs=these, after=SPARSE) for name, these in needs.items()] +
            [script("static" if name == "stock-6.12" else "matrix", "sparse", name,
                    needs={"modules/" + name}) for name in ("stock-6.12", "stock-6.1")] +
            [script("static", "patches", "6.1", "6.12", needs=source | {"kernel/source-6.1"}),
             script("matrix", "dkms", needs={"kernel/stock-6.12"}, after=SPARSE),
             Job("static", "htmldocs", ["make", "-s", "-C", TOP, "htmldocs"], 600)])


def kernels():
    """What is fetched and built for guests. Modules are a job for its own sake: they build
    for each kernel without a warning, also where no scenario runs."""
    jobs = []
    for what, names in (("kernel", packaged() + ("source-6.1", "source-6.12")),
                        ("hypervisor", HYPERVISORS)):
        jobs += [Job("fetch", what + "/" + name, [
            os.path.join(os.path.dirname(VMTEST), what), name], 1200) for name in names]
    for name in packaged():
        jobs.append(script("static" if name in packaged(asked=False) else "build",
                           "modules", name, needs={"kernel/" + name}))
    # A kernel takes all processors, but not while its parts are linked: what else there is
    # to do then comes first, and two at a time would only wait for each other.
    for name, before in zip(DEBUG, (None,) + DEBUG):
        jobs.append(Job("build", "build/" + name, [
            "nice", os.path.join(TOP, "tools/testing/kunit/build"), name], 3600,
                        {"kernel/source-" + name.partition("-")[2]},
                        {"build/" + before} if before else ()))
    return jobs


def all_jobs(parts):
    """Every job of some parts, and those that they may need."""
    jobs = kernels() + [script("tools" if variant == "gcc" else "matrix", "tools", variant)
                       for variant in ("gcc", "clang", "asan")]
    jobs += unit() + static() + selftests()
    jobs += [Job("kunit" if kernel == DEBUG[0] else "matrix", "kunit/" + kernel, [
        os.path.join(TOP, "tools/testing/kunit/run"), kernel], 900, {"build/" + kernel})
             for kernel in DEBUG]
    jobs.append(Job("vmtest", "vmtest/selftest", [
        os.path.join(TOP, "tools/testing/vmtest/selftest")], 900,
                    {"modules/stock-6.1", "tools/gcc"}, SPARSE))
    if "matrix" in parts:
        jobs += matrix()
    return jobs


def wanted(parts, only):
    """The jobs of these parts whose name @only, a compiled expression, finds, and all that
    they need."""
    jobs = {job.name: job for job in all_jobs(parts)}
    names = [job.name for job in jobs.values() if job.part in parts and only.search(job.name)]
    taken = set()
    while names:
        name = names.pop()
        if name not in taken:
            taken.add(name)
            names += jobs[name].needs
    return [job for job in jobs.values() if job.name in taken]
