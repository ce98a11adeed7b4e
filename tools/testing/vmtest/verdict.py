# SPDX-License-Identifier: GPL-2.0
"""What a run came to: PASS, FAIL, SKIP or LOST, as KTAP and as exit status."""

import re

PASS, FAIL, USAGE, LOST, SKIP = 0, 1, 2, 3, 4

# What a healthy kernel never says. The console log is searched for these.
FAULTS = re.compile(r"""
    \bBUG:\ | \bWARNING:\ | \bOops\b | Kernel\ panic | \bKASAN: | \bUBSAN: | \bKCSAN:
  | general\ protection\ fault | unable\ to\ handle\ (kernel|page)
  | INFO:\ (possible|inconsistent|trying|lockdep|task\ .*\ blocked|suspicious)
  | possible\ (recursive|circular|irq) .* (locking|lock)
  | inconsistent\ lock\ state | suspicious\ RCU\ usage
  | rcu:.*(self-)?detected\ .*stall | soft\ lockup | hard\ LOCKUP
  | refcount_t: | list_(add|del)\ corruption | DEBUG_LOCKS_WARN_ON
  | sleeping\ function\ called\ from | scheduling\ while\ atomic
  | held\ lock\ freed | bad\ unlock\ balance | ODEBUG: | kobject:.*does\ not\ have
  | nobody\ cared | unregister_netdevice:\ waiting | Bad\ page\ (state|map)
  | kernel\ BUG\ at | stack\ (guard\ page|corrupted)
  | kmemleak:\ [1-9]\d*\ new\ suspected | sysfs:\ cannot\ create\ duplicate
""", re.VERBOSE)

# Looks like one and is none.
HARMLESS = re.compile(r"""
    WARNING:\ Spectre | BUG:\ .*\ workaround | Spectre\ V\d.*WARNING
  | SRBDS: | MMIO\ Stale\ Data | Retbleed | ^\s*\#
""", re.VERBOSE)


def faults(log, allow=()):
    """Lines of a console log that show a fault, with the lines after the first."""
    allowed = [re.compile(pattern) for pattern in allow]
    lines, found = log.splitlines(), []
    for number, line in enumerate(lines):
        if not FAULTS.search(line) or HARMLESS.search(line):
            continue
        if any(pattern.search(line) for pattern in allowed):
            continue
        if found:
            found.append(line)
        else:
            found += lines[number:number + 25]
    return found[:60]


def subtests(output):
    """KTAP of a guest script at any depth: (results, failures, plan missed)."""
    passed = failed = skipped = planned = 0
    for line in output.splitlines():
        match = re.match(r"(not )?ok\b(.*)", line)
        if match and re.search(r"#\s*(skip|todo)", match[2], re.IGNORECASE):
            skipped += 1
        elif match and match[1]:
            failed += 1
        elif match:
            passed += 1
        match = re.match(r"1\.\.(\d+)", line)
        if match:
            planned = int(match[1])
    return passed, failed, skipped, planned


def judge(run):
    """The verdict of a finished run: (status, reason). See Session for run's parts."""
    console = run.console()
    bad = faults(console, run.options.allow)
    if bad:
        # The kernel's line says that there are leaks, these say which.
        run.evidence += bad + run.leaks[:60]
        return FAIL, "the guest's kernel reported a fault: " + bad[0].strip()
    if run.failure:
        return FAIL, run.failure
    if not run.started:
        run.evidence += console.splitlines()[-15:]
        return LOST, run.lost or "the guest never reported"
    if run.leaks:
        run.evidence += run.leaks[:60]
        return FAIL, "memory leaks in the guest"
    if run.lost:
        run.evidence += console.splitlines()[-15:]
        return LOST, run.lost
    if run.guest_status == SKIP or run.host_status == SKIP:
        reason = [line for line in run.output().splitlines() if line.strip()]
        return SKIP, reason[-1].lstrip("# ") if reason else "skipped by the script"
    if run.guest_status:
        return FAIL, "the guest script ended with status %d" % run.guest_status
    if run.host_status:
        return FAIL, "the host script ended with status %d" % run.host_status
    passed, failed, skipped, planned = subtests(run.output())
    if failed:
        return FAIL, "%d of %d subtests failed" % (failed, passed + failed + skipped)
    if planned > passed + failed + skipped:
        return FAIL, "%d subtests planned, %d reported" % (planned, passed + skipped)
    return PASS, ""


def ktap(name, status, reason, seconds, output, evidence):
    """The run as KTAP text; the scripts' own lines are subtests or diagnostics."""
    lines = ["KTAP version 1", "1..1"]
    for line in output.splitlines():
        if re.match(r"(ok|not ok|1\.\.\d|KTAP|TAP|#)", line):
            lines.append("    " + line)
        else:
            lines.append("    # " + line)
    lines += ["# " + line for line in evidence]
    lines.append("# %s: %.1f s" % (name, seconds))
    result = {PASS: "ok 1 %s", SKIP: "ok 1 %s # SKIP %s",
              LOST: "not ok 1 %s # LOST %s"}.get(status, "not ok 1 %s # FAIL %s")
    lines.append(result % ((name,) if status == PASS else (name, reason)))
    return "\n".join(lines) + "\n"
