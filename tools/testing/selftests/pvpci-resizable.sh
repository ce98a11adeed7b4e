#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A function that offers smaller BARs (Resizable BAR) is added where its largest finds no room:
# pci_rebalance gives it the largest that fits, and host and guest agree on it over resets, sleep and
# another size that the user chooses.
#
# vmtest: --kernel stock-6.12 --more kunit-6.12,stock-6.1,arm64-6.1 --bus pvpci-resizable.json --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$(dirname "$0")/lib/every_change.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

# about SLOT: of what is spoken
about() { slot=$1 fn=10030:00:$1 path=/sys/bus/pci/devices/10030:00:$1; }
about 02.0
# shellcheck disable=SC2034 # eval reads it
large='{"slot": "02.0", "model": "testdev", "msix": 2, "bars": [{"bar": 0, "bytes": "256M",
	"smallest": "16M", "bits": 64, "prefetch": true}]}'

# sizes: MiB of its BAR as the kernel, the register and the host say
sizes()
{
	local start end

	read -r start end _ <<<"$(guest "head -n 1 $path/resource")"
	echo $(((end - start + 1) >> 20)) \
		$((1 << (0x$(guest "setpci -s $fn ECAP15+8.l") >> 8 & 0x1f))) \
		$(($(ctl --json list | python3 -c 'import json, sys
print(*[fn["bars"][0]["bytes"] for fn in json.load(sys.stdin)["functions"] if fn["slot"] == sys.argv[1]])' "$slot") >> 20))
}

# works NAME [N]: all N functions
works()
{
	check "$1: registers, interrupts and DMA" guest \
		"for fn in /sys/bus/pci/drivers/pvpci_testdev/10030:*; do
			cd \$fn && echo 3 >scratch && echo 0 >fire && echo 8192 >dma || exit 1; done
		[ \$(ls -d /sys/bus/pci/drivers/pvpci_testdev/10030:* | wc -l) -eq ${2:-2} ]"
}

# no_overlap: between any two BARs, as the host has them
no_overlap()
{
	ctl --json list | python3 -c 'import json, sys
bars = sorted((bar["assigned"], bar["assigned"] + bar["bytes"]) for fn in json.load(sys.stdin)["functions"]
	for bar in fn["bars"] if bar["assigned"] is not None)
sys.exit(any(second[0] < first[1] for first, second in zip(bars, bars[1:])))'
}

# state: all that a move may change, on both sides
state()
{
	guest 'cat /proc/iomem; cd /sys/bus/pci/devices; for fn in 10030:*; do
		echo $fn; readlink $fn/driver; head -n 7 $fn/resource; lspci -s $fn -xxxx; done'
	ctl --json space
}
make_room() { guest "echo $fn >/sys/kernel/pci_rebalance/request"; }

check "load" guest "modprobe pvpci && modprobe pvpci_testdev && modprobe pci_rebalance auto=off"
check "the large one finds no room" eval '! ctl add "$large" >out 2>&1'
check "it says so" grep -q "no room, .* are missing" out
same "it has its largest size" "8" "$((0x$(guest "setpci -s $fn ECAP15+8.l") >> 8 & 0x1f))"
every_change "make room" state make_room
guest "cat /sys/kernel/pci_rebalance/result" | sed 's/^/# /'
same "all agree" "128 128 128" "$(sizes)"
works "made room"
check "it goes" ctl eject 02.0
guest "echo idle >/sys/module/pci_rebalance/parameters/auto"
check "the large one is added, and is smaller" eval 'ctl add "$large" >out'
sed 's/^/# /' out
check "it says with what BAR" grep -q "bound to pvpci_testdev (BAR 0 128M at" out
same "all agree" "128 128 128" "$(sizes)"
check "lspci knows its sizes" guest "lspci -vv -s $fn | grep -q 'BAR 0: current size: 128MB, supported: 16MB 32MB 64MB 128MB 256MB'"
check "nothing overlaps" no_overlap
works "added"
check "function level reset" guest "echo flr >$path/reset_method && echo 1 >$path/reset"
same "all agree after it" "128 128 128" "$(sizes)"
works "reset"
check "it is bound once more" guest "echo $fn >$path/driver/unbind && echo $fn >/sys/bus/pci/drivers/pvpci_testdev/bind"
works "bound"

# asleep WANTED N: a suspend; N functions work afterwards, and all agree
asleep()
{
	guest "[ -e /sys/power/pm_test ]" || return
	guest "echo 1 >/sys/module/suspend/parameters/pm_test_delay; echo platform >/sys/power/pm_test"
	check "sleep" guest "echo freeze >/sys/power/state"
	same "all agree after it" "$1" "$(sizes)"
	works "awake" "$2"
}
asleep "128 128 128" 2

check "the user chooses 16 MiB" guest "echo $fn >$path/driver/unbind && echo 4 >$path/resource0_resize"
other='{"slot": "03.0", "model": "testdev", "bars": [{"bar": 0, "bytes": "64M", "bits": 64}]}'
check "there is room for two more now" ctl add "[$other, ${other/03.0/04.0}]"
check "nothing overlaps" no_overlap
check "they go" eval 'ctl eject 03.0 && ctl eject 04.0'
check "it is bound again" guest "echo $fn >/sys/bus/pci/drivers/pvpci_testdev/bind"
same "all agree" "16 16 16" "$(sizes)"
works "16 MiB"

# Handed off decoding, a BAR keeps its place until somebody wants another, or another size.
about 05.0
check "one that is handed off decoding" ctl add '{"slot": "05.0", "model": "testdev", "decoding": true, "msix": 1,
	"bars": [{"bar": 0, "bytes": "32M", "smallest": "4M", "bits": 64}]}'
same "all agree" "32 32 32" "$(sizes)"
asleep "32 32 32" 3
check "the user chooses 4 MiB" guest "echo $fn >$path/driver/unbind && echo 2 >$path/resource0_resize &&
	echo $fn >/sys/bus/pci/drivers/pvpci_testdev/bind"
same "all agree" "4 4 4" "$(sizes)"
asleep "4 4 4" 3
check "nothing overlaps" no_overlap
check "it goes" ctl eject 05.0
about 02.0

check "256 MiB find no room" guest "echo $fn >$path/driver/unbind; ! echo 8 2>/dev/null >$path/resource0_resize &&
	echo $fn >/sys/bus/pci/drivers/pvpci_testdev/bind"
same "it is as before" "16 16 16" "$(sizes)"
works "after that"

check "unload" guest "rmmod pvpci_testdev pci_rebalance pvpci"
check "a driver that does not know it" guest "modprobe pvpci protocol=1.0 && modprobe pvpci_testdev"
same "has the largest, or none" "no-room 256" "$(ctl --json list | python3 -c 'import json, sys
print(*[(fn["outcome"] or {"result": "no-room"})["result"] + " %d" % (fn["bars"][0]["bytes"] >> 20)
	for fn in json.load(sys.stdin)["functions"] if fn["slot"] == "02.0"])')"
check "unload it" guest "rmmod pvpci_testdev pvpci"
ktap_end
