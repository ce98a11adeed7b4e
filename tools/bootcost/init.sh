#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
#
# PID 1 of bootcost's guest: loads a driver for every PCI function, says when, sends the
# kernel's log and what ftrace saw, and ends.
#
# shellcheck shell=dash
export PATH=/bin
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
busybox --install -s /bin

# Of a level that "quiet" lets pass; the kernel adds its own time.
mark() {
	echo "<2>bootcost: $1" >/dev/kmsg
}

# Drivers for all there is; a bus that a driver brings along has functions too.
load() {
	local known="" now

	while now=$(cat /sys/bus/pci/devices/*/modalias 2>/dev/null | sort -u); do
		[ "$now" != "$known" ] || return
		known=$now
		# shellcheck disable=SC2086 # a list
		modprobe -aq $now 2>/dev/null
	done
}

# Controllers of disks without all they need.
late() {
	local link count=0

	for link in /sys/bus/pci/devices/*; do
		[ "$(cat "$link/class" 2>/dev/null)" != 0x010802 ] ||
			[ "$(cat "$link"/nvme/nvme*/state 2>/dev/null)" = live ] ||
			count=$((count + 1))
	done
	echo $count
}

mark init
load
mark modules
turn=0
while [ "$(late)" -gt 0 ] && [ $turn -lt 3000 ]; do
	sleep 0.02
	turn=$((turn + 1))
done
mark ready
[ $turn -lt 3000 ] || mark undriven
# Not before: the serial port takes its time.
{
	echo bootcost-dump-begin
	{
		dmesg
		echo ----bootcost-trace
		cat /sys/kernel/tracing/trace 2>/dev/null
	} | gzip | base64
	echo bootcost-dump-end
} >/dev/console
poweroff -f
