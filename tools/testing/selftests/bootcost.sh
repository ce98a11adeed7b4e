#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bootcost of two numbers of root ports on stock-6.12: what it says adds up, and grows with
# the ports. How long anything takes is no matter here.
#
# limit: 600
# x86: the stages and names that it looks for are those of SeaBIOS and ACPI
set -u
here=$(cd "$(dirname "$0")" && pwd)
bootcost=$here/../../bootcost/bootcost
build=${PVPCI_BUILD:-$here/../../../build}
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# holds NAME EXPRESSION: of Python, true of the result; d is the JSON, p its points
holds()
{
	check "$1" python3 -c '
import json, sys
with open(sys.argv[1]) as file:
    d = json.load(file)
p = d["points"]
near = lambda a, b: abs(a - b) < 1e-4
def config(point, device, phase=None):
    return sum(r["count"] for r in point["accesses"]["registers"]
               if r["device"] == device and phase in (None, r["phase"]))
sys.exit(not eval(" ".join(sys.argv[2].split())))' "$work/boot.json" "$2"
}

"$bootcost" --ports 0,4 --runs 1 --kernel stock-6.12 --json "$work/boot.json" \
	--plot "$work/boot.svg" --plot "$work/boot.png" >"$work/report" 2>"$work/progress"
status=$?
ktap_result $status "two points are measured"
[ $status -eq 0 ] || { sed 's/^/# /' "$work/progress" "$work/report"; exit 1; }
holds "what was asked for" '[x["point"]["ports"] for x in p] == [0, 4] and d["varies"] == "ports"'
holds "every stage is told apart" 'all(list(b["stages_s"]) == ["qemu", "firmware", "entry",
	"kernel", "init", "modules"] for x in p for b in x["boots"])'
holds "stages add up to the boot" 'all(near(sum(b["stages_s"].values()), b["total_s"])
	for x in p for b in x["boots"])'
holds "phases add up to the boot" 'all(near(sum(b["phases_s"].values()), b["total_s"])
	for x in p for b in x["boots"] + x["profiled"])'
holds "no phase is negative" 'all(s >= 0 for x in p for b in x["boots"]
	for s in b["phases_s"].values())'
holds "initcalls have names" 'all({"acpi_init", "pcie_portdrv_init", "pci_acpi_scan_root()",
	"pcibios_assign_resources"} <= set(b["names_s"]) for x in p for b in x["profiled"])'
holds "a port's driver is told by the port" '"probe 0000:00:04.3" in p[1]["profiled"][0]["names_s"]
	and "probe 0000:00:04.3" not in p[0]["profiled"][0]["names_s"]'
holds "no port, no access to one" 'config(p[0], "pcie-root-port") == 0'
holds "firmware, scan and port driver read the ports" 'all(config(p[1], "pcie-root-port", phase) > 4
	for phase in ("firmware", "pci-scan", "port-drivers"))'
holds "accesses grow with the ports" 'p[1]["accesses"]["config"] - p[0]["accesses"]["config"] >=
	config(p[1], "pcie-root-port") > 400'
holds "registers add up to the accesses" 'all(sum(r["count"] for r in x["accesses"]["registers"]) ==
	x["accesses"]["config"] == sum(b["count"] for b in x["accesses"]["buses"]) for x in p)'
holds "two points have no discontinuity" 'd["steps"] == [] and d["jumps"] == []'
check "a plot for pages" grep -q '<svg' "$work/boot.svg"
same "a plot for everything else" PNG "$(head -c 4 "$work/boot.png" | tail -c 3)"
check "a row for each point" grep -qE '^4 +[0-9.]+ ' "$work/report"
check "progress is no part of the report" grep -q 'boot 6 of 6: 4 ports, counted' "$work/progress"

# Somebody else's guest: the lines of its kernel are all there is.
initrd=$(find "$build/initramfs" -name 'bootcost-stock-6.12-*.cpio' | head -n 1)
check "another guest is measured" "$bootcost" --runs 1 --json "$work/boot.json" -kernel \
	"$build/kernels/stock-6.12/vmlinux" -initrd "$initrd" -append no_timer_check -cpu qemu64,+rdrand
holds "with its kernel's initcalls" '"acpi_init" in p[0]["profiled"][0]["names_s"]'
holds "and the stages before and after" 'list(p[0]["boots"][0]["stages_s"]) == ["qemu",
	"firmware", "entry", "kernel", "init"] and near(sum(p[0]["boots"][0]["phases_s"].values()),
	p[0]["boots"][0]["total_s"])'
"$bootcost" --runs 1 --until "no such line" --timeout 60 -- -kernel \
	"$build/kernels/stock-6.12/vmlinux" -append panic=-1 >"$work/report" 2>"$work/progress"
same "a guest that ends before its line is a failure" 1 $?
check "which is told" grep -q "QEMU ended before a line matched 'no such line'" "$work/progress"
ktap_end
