#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The guest's side of bad-host: one line of orders in, some lines of facts and a
# line with a dot out. Runs as long as its standard input.

now_ms()
{
	read -r up rest </proc/uptime
	echo "${up%.*}${up#*.}0"
}

# What there is: the functions, which of them have a driver, and the first
# register of each as it reads now. Few processes: they are slow under emulation.
look()
{
	set -- /sys/bus/pci/devices/1????:*
	[ -e "$1" ] || return
	for dir; do
		[ -e "$dir/driver" ] && echo "function ${dir##*/} bound" ||
			echo "function ${dir##*/} free"
	done
	# shellcheck disable=SC2046 # words for echo to put on one line
	echo "values" $(for dir; do head -c4 "$dir/config"; done 2>/dev/null | od -An -v -tx4)
}

load()
{
	begin=$(now_ms)
	modprobe pvpci "$@" 2>&1
	modprobe pvpci_testdev 2>&1
	echo "load_ms $(($(now_ms) - begin))"
	look
}

# look until the functions are gone or read all-ones, SECONDS at most
await_dead()
{
	end=$(($(now_ms) + $1 * 1000))
	while [ "$(now_ms)" -lt "$end" ]; do
		found=$(look)
		case "$found" in
		*'values ffffffff'*|*values|"") break ;;
		esac
		sleep 0.1
	done
	echo "$found"
}

# Read and write what the fault made of config space, as people do
poke()
{
	set -- /sys/bus/pci/devices/1????:*
	first=${1##*/}
	lspci -n -D -vvv -xxxx -s "${first%%:*}:00:" >/dev/null 2>&1
	writes=
	for reg in 4 5 6 7 8 9 a b c d e f; do
		writes="$writes ${reg}0.l=ffffffff ${reg}4.l=ffffffff ${reg}8.l=ffffffff"
	done
	# shellcheck disable=SC2086 # one argument a register
	setpci -s "$first" 10.l=ffffffff $writes 2>&1
}

unload()
{
	begin=$(now_ms)
	# It uses pvpci's symbols, so it goes first.
	rmmod pvpci_testdev 2>&1
	rmmod pvpci 2>&1
	echo "unload_ms $(($(now_ms) - begin))"
	look
	echo log
	grep -h pvpci /proc/iomem /proc/interrupts
	[ -e /sys/module/pvpci ] && echo "module pvpci"
	# The buffer is emptied: what is in it is of this round.
	dmesg -c
}

# others FUNCTION: only that ivshmem function may be a bus
only()
{
	for dir in /sys/bus/pci/devices/0000:*; do
		[ "$(cat "$dir/device")" = 0x1110 ] || continue
		if [ "${dir##*/}" = "$1" ]; then
			echo >"$dir/driver_override"
		else
			echo none >"$dir/driver_override"
		fi
	done
}

buses()
{
	for dir in /sys/bus/pci/devices/0000:*; do
		[ "$(cat "$dir/device")" = 0x1110 ] && echo "bus ${dir##*/}"
	done
}

while read -r order rest; do
	# shellcheck disable=SC2086 # words of an order
	case "$order" in
	buses|look|load|poke|unload|only|await_dead) "$order" $rest </dev/null ;;
	sleep) sleep "$rest" ;;
	begin)	dmesg -c >/dev/null
		echo "bad-host: $rest" >/dev/kmsg ;;
	esac
	echo .
done
