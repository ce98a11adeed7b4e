#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is wanted of a function instead of where it is: a NUMA node, hot-pluggable or not, a
# label, a serial number. The machine's processors are in proximity domain 1, so that Linux's
# node 0 is that one: what the host says and what sysfs shows differ.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,stock-7.3 --bus constraints.json --backends 2 --mem 700 --qemu "-numa cpu,node-id=1,socket-id=0" --keeper --host self
# x86: a device tree's numbers are Linux's own
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$here/lib/daemon.sh"

ctl() { "${PVPCI_BIN:-$here/../../../build/bin}/pvpcictl" --control "$PVPCI_CONTROL" "$@"; }
control() { ctl "$@"; }
guest() { "$GUEST" "$@"; }
# add SERIAL [MEMBERS]: an nvme with an image of that name
add()
{
	truncate -s 8M "$OUT/$1.img"
	ctl add "{\"model\": \"nvme\", \"serial\": \"$1\", \"namespaces\": [{\"file\": \"$OUT/$1.img\"}] ${2:+, $2}}"
}
refused() { local text=$1 said; shift; ! said=$("$@" 2>&1) && grep -qE -- "$text" <<<"$said"; }
slots() { ctl list | awk '/nvme/ { print $1 }' | xargs; }
# of SERIAL ATTRIBUTE: of the function with the controller of that serial number
of()
{
	guest "for nvme in /sys/class/nvme/*; do
		[ \"\$(tr -d ' ' <\$nvme/serial)\" = $1 ] && cat \$nvme/device/$2; done"
}

check "load" guest "modprobe nvme && modprobe pvpci"
within "three controllers are live" 60 guest '[ "$(cat /sys/class/nvme/*/state | grep -c live)" = 3 ]'
same "who names no slot gets one that nobody names" "00.0 01.0 02.0" "$(slots)"

# ---- a NUMA node ---------------------------------------------------------------------------
# The truth of the machine: domain 1 has the processors.
with=$(guest "cat /sys/devices/system/node/has_cpu")
without=$(guest "cat /sys/devices/system/node/possible" | tr -s ',-' '\n' | grep -vx "$with")
same "Linux numbers the nodes its own way" "0 1" "$with $without"
same "domain 1 is the node with the processors" "$with" "$(of NEAR numa_node)"
same "domain 0 is the other one" "$without" "$(of STAYS numa_node)"
same "its processors are those of its node" "0-1" "$(of NEAR local_cpulist)"
same "who has no node is on none" -1 "$(of ANY numa_node)"
same "lspci says so" "NUMA node: $without" "$(guest 'lspci -vv -d ::0108' |
	awk '/^[0-9a-f]+:00:00.0/ { ours = 1 } ours && sub(/^.*NUMA node/, "NUMA node") { print; ours = 0 }')"
check "one that is added" add LATE '"label": "late", "numa_node": 0'
same "is there too" "$without" "$(of LATE numa_node)"
same "in the next slot" "00.0 01.0 02.0 03.0" "$(slots)"
check "a domain that is not there" add FAR '"slot": "09.0", "numa_node": 2147483647'
same "is none" -1 "$(of FAR numa_node)"
check "and said" guest "dmesg | grep 'is on NUMA node 2147483647, which this machine does not have'"

# ---- hot-pluggable or not, label, serial number, priority ------------------------------------
same "sysfs: hot-pluggable" "1 0" "$(of NEAR pvpci/hotplug) $(of STAYS pvpci/hotplug)"
same "sysfs: label" "near 1-00.0" "$(of NEAR pvpci/label) $(of STAYS pvpci/label)"
same "sysfs: priority, boot-critical" "7 0 0 1" \
	"$(for what in priority boot_critical; do of NEAR pvpci/$what; of STAYS pvpci/$what; done | xargs)"
same "the host lists them" "1-00.0 0 no,1-02.0 - yes,near 1 yes" \
	"$(ctl list | awk '/NEAR|STAYS|ANY/ { print $8, $5, $6 }' | LC_ALL=C sort | paste -sd,)"
check "the slot has the label" guest "grep -q ':00:01' /sys/bus/pci/slots/near/address"
check "what is not hot-pluggable stays" refused "is not hot-pluggable" ctl eject STAYS
check "also for its label, by force" refused "is not hot-pluggable" ctl eject --force 1-00.0
check "and in the guest" refused "not permitted" guest "echo 0 >/sys/bus/pci/slots/1-00.0/power"
check "a name that nobody has" refused "none has \"nobody\"" ctl eject nobody

# ---- names are used in place of slots, by the next daemon too -----------------------------------
check "killed, another daemon serves" kill_daemon
within "it answers" 60 ctl ping
same "the slots are the same" "00.0 01.0 02.0 03.0 09.0" "$(slots)"
check "show, by serial number" eval 'ctl show LATE | grep -q 03.0'
check "eject, by label" ctl eject late
check "eject, by serial number" ctl eject ANY
same "those are gone" "00.0 01.0 09.0" "$(slots)"
check "a slot that was given up is given again" eval "add NEXT | grep -q '^02.0'"
ktap_end
