#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A driver that can be moved, on a pvpci bus whose holes are too small for a new function: every way
# to be refused, which changes nothing, then a move with DMA and interrupts running, and one in which
# all functions vanish half way.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus rebalance-testdev.json --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

dir=/sys/kernel/pci_rebalance
bus=/sys/bus/pci/devices/10001:00
new=10001:00:07.0

# state: all that a move may change and a refused one may not
state='cat /proc/iomem; cd /sys/bus/pci/devices; for fn in 10001:*; do
	echo $fn; readlink $fn/driver; head -n 7 $fn/resource
	hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 24 $fn/config; done'
remember() { guest "{ $state; } >/tmp/before"; }
unchanged() { check "$1: nothing has changed" guest "{ $state; } >/tmp/now; diff /tmp/before /tmp/now"; }

# refused NAME WORDS REQUEST: an error, and the result names the reason
refused()
{
	check "refused: $1" guest "! echo '$3' 2>/dev/null >$dir/request"
	guest "cat $dir/result" | sed 's/^/# /'
	[ -z "$2" ] || check "$1: the reason is told" guest "grep -q '$2' $dir/result"
	unchanged "$1"
}

check "load" guest "modprobe pvpci; insmod /vmtest/pvpci_testdev.ko 2>/dev/null ||
	modprobe pvpci_testdev"
within "six functions" 60 guest '[ $(ls -d /sys/bus/pci/drivers/pvpci_testdev/10001:* | wc -l) -eq 6 ]'
check "the driver does without pci_rebalance" guest "! echo allow 2>/dev/null >$bus:01.0/move"
check "load pci_rebalance" guest \
	"insmod /vmtest/pci_rebalance.ko auto=off 2>/dev/null || modprobe pci_rebalance auto=off"
same "with auto=off" off "$(guest cat /sys/module/pci_rebalance/parameters/auto)"
check "two leave" eval 'ctl eject --timeout=20 02.0 && ctl eject --timeout=20 04.0'
ctl add --wait=1 '{"slot":"07.0","model":"testdev","msix":4,
	"bars":[{"bar":0,"bytes":"256K","bits":64}]}' >/dev/null 2>&1	# it waits for a driver
within "it finds no room" 60 guest "dmesg | grep -q 'No room for $new'"
within "PCI core knows it" 60 guest "[ -e /sys/bus/pci/devices/$new ]"
sleep 1
ctl space | sed 's/^/# /'
remember

refused "size 0" "power of two" "10001:00 0"
refused "not a power of two" "power of two" "10001:00 3K"
refused "an unknown word" "none of" "10001:00 64K upside-down"
refused "a bus without a size" "size" "10001:00"
refused "a bus that is not there" "no such function or bus" "10009:00 64K"
refused "a function that is not there" "no such function" "10001:00:1e.7"
refused "a function that is none" "DOMAIN" "999999999:00:00.0"
refused "a function that has all it needs" "all memory BARs have a place" "10001:00:01.0"
refused "nothing" "nothing is asked for" ""
refused "larger than any window" "missing in total" "10001:00 1G"
refused "everything is pinned" "pinned" "$new"
for fn in 01.0 03.0 05.0 06.0; do
	guest "echo veto >$bus:$fn/move"
done
refused "the owners veto" "does not want to be moved" "$new"
guest "echo allow >$bus:01.0/move; for fn in 03.0 05.0 06.0; do echo off >$bus:\$fn/move; done"

# A driver that does not come back: its function may be rebound, but nothing matches any more.
guest "echo off >$bus:01.0/move; echo 10001:00:01.0 idle >$dir/allow; echo none >$bus:01.0/driver_override"
check "refused: the driver does not come back" guest "! echo $new 2>/dev/null >$dir/request"
guest "cat $dir/result" | sed 's/^/# /'
check "and the reason is told" guest "grep -q '01.0 does not work at its new place, undone after .*01.0: it has lost its driver' $dir/result"
guest "echo >$bus:01.0/driver_override; echo 10001:00:01.0 >/sys/bus/pci/drivers/pvpci_testdev/bind
	echo 10001:00:01.0 no >$dir/allow"
unchanged "the driver does not come back"

# Two writers, and one that finds its function gone.
guest "for n in 1 2 3 4 5 6 7 8; do
	{ echo $new >$dir/dry_run; echo \$? >>/tmp/status; } 2>/dev/null & done; wait"
same "eight at once have an answer each" 8 "$(guest 'wc -l </tmp/status')"
unchanged "eight at once"
guest "for n in 1 2 3 4 5 6 7 8 9 10; do echo $new >$dir/dry_run; done 2>/dev/null &
	echo 1 >/sys/bus/pci/devices/$new/remove; wait"
check "removed while planning: gone" guest "! echo $new 2>/dev/null >$dir/request"
guest "cat $dir/result" | sed 's/^/# /'
guest "echo 1 >/sys/bus/pci/rescan"
within "found again" 60 guest "[ -e /sys/bus/pci/devices/$new ]"
same "with its driver's functions as before" "$(guest "grep -c pvpci_testdev /tmp/before")" \
	"$(guest "{ $state; } | grep -c pvpci_testdev")"
remember	# PCI core has forgotten the BAR for which it found no room itself

# The move, with data and interrupts going through the function.
guest "echo allow >$bus:01.0/move
	n=0; while [ ! -e /tmp/stop ]; do
		echo 65536 >$bus:01.0/dma && echo 2 >$bus:01.0/fire || echo error >>/tmp/errors
		n=\$((n + 1)); echo \$n >/tmp/rounds; done >/dev/null 2>&1 &"
within "DMA runs" 60 guest '[ "$(cat /tmp/rounds)" -gt 3 ]'
check "every change fails once and is undone" guest "number=1
	while [ \$number -lt 60 ]; do
		echo \$number >/sys/module/pci_rebalance/parameters/fail_at
		echo $new 2>/dev/null >$dir/request && break
		{ $state; } >/tmp/now; diff /tmp/before /tmp/now || exit 1
		number=\$((number + 1))
	done
	echo 0 >/sys/module/pci_rebalance/parameters/fail_at
	echo \$((number - 1)) >/tmp/changes; [ \$number -lt 60 ]"
echo "# $(guest cat /tmp/changes) changes"
guest "cat $dir/result $dir/plan; grep 01.0 $dir/functions; cat $bus:01.0/move" | sed 's/^/# /'
rounds=$(guest 'cat /tmp/rounds')
within "DMA goes on" 60 guest "[ \$(cat /tmp/rounds) -gt $((rounds + 3)) ]"
guest 'touch /tmp/stop'
check "without an error" guest '[ ! -e /tmp/errors ]'
check "it was moved" guest "grep -q '^allow [1-9]' $bus:01.0/move"
within "the new function has its driver" 60 guest "[ -e /sys/bus/pci/devices/$new/driver ]"
check "and works" guest "echo 4096 >/sys/bus/pci/devices/$new/dma"
check "the others did not move" guest "for fn in 03.0 05.0 06.0; do
	grep -A2 \$fn /tmp/before | tail -n 1 | grep -qf - $bus:\$fn/resource || exit 1; done"
ctl space | sed 's/^/# /'

# All functions vanish while one of them moves to and fro: their daemon is killed.
check "two more leave" eval 'ctl eject --timeout=20 06.0 && ctl eject --timeout=20 07.0'
guest "for fn in 01.0 03.0 05.0; do echo allow >$bus:\$fn/move; done
	echo 6 >/sys/module/pci_rebalance/parameters/fail_at; rm -f /tmp/moves
	(until grep -q -- -116 $dir/result; do
		echo '10001:00 512K' >$dir/request; cat $dir/result >>/tmp/moves; done) >/dev/null 2>&1 &"
within "one moves to and fro" 60 guest '[ "$(wc -l </tmp/moves)" -gt 2 ]'
guest "cat $dir/result" | sed 's/^/# /'
guest "echo 5 >/sys/module/pvpci/parameters/patience_s"
kill -KILL "$PVPCID_PID"
within "killed half way, the function reads all-ones or is gone" 60 guest \
	"[ ! -e $bus:05.0 ] || ! hexdump -v -n 4 -e '1/1 \"%02x\n\"' $bus:05.0/config | grep -qv ff"
within "no more moves" 60 guest "grep -q -- -116 /tmp/moves || [ ! -e $bus:05.0 ]"
guest "tail -n 3 /tmp/moves" | sed 's/^/# /'
check "and the rest lives on" guest "! echo 0000:ff:1f.7 2>/dev/null >$dir/request &&
	grep -q 'no such function' $dir/result"
check "unload" guest "rmmod pvpci_testdev && rmmod pci_rebalance"
ktap_end
