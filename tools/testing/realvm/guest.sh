#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs as a service of the Debian guest that "boot" starts, once each boot; its output
# is the host's. Lines "ok NAME" and "no NAME" are results; "host WORDS" asks the host for
# something, and what follows waits for it. What is looked at is a stage: a function of
# stage-*.sh, which says with "next" what the next boot is for.
state=/var/lib/realvm
next() { echo "$1" >$state/stage; }

check()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "no $name"
		printf '%s\n' "$output" | tail -n 20 | sed 's/^/# /'
	fi
}

same()
{
	[ "$2" = "$3" ] && echo "ok $1" && return
	printf 'no %s\n# wanted: %s\n# got:    %s\n' "$@"
}

# complaints: of the kernel, since it was booted
complaints() { dmesg | grep -E 'BUG|WARNING|Oops|blocked for more'; }

# Used by stages.
# shellcheck disable=SC2034
by_id=/dev/disk/by-id
# settled: udev has done all that is known
settled() { udevadm settle --timeout=60; }

# within NAME COMMAND...: ok once it succeeds, within a minute
within()
{
	for _ in $(seq 120); do
		"${@:2}" >/dev/null 2>&1 && break
		sleep 0.5
	done
	check "$@"
}

unit=pvpcid@vm.service
# daemon: its process, as systemd knows it
daemon() { systemctl show -P MainPID $unit; }
# replaced OLD: another one serves
replaced() { [ "$(daemon)" -gt 0 ] && [ "$(daemon)" -ne "$1" ] && [ "$(systemctl is-active $unit)" = active ]; }

# service_start: the daemon as this machine's service, with a program for a guest
service_start()
{
	truncate -s 8M /var/lib/pvpci/vm.img && truncate -s 128M /dev/shm/vm
	chown pvpci: /var/lib/pvpci/vm.img /dev/shm/vm
	mkdir -p /etc/pvpci
	cat >/etc/pvpci/vm.json <<-'INNER'
		{ "id": 2, "memory": { "file": "/dev/shm/vm", "machine": "q35" },
		  "functions": [ { "slot": "01.0", "model": "nvme",
		                   "namespaces": [ { "file": "/var/lib/pvpci/vm.img" } ] } ] }
	INNER
	check "the daemon is a service" systemctl start $unit
	same "AppArmor confines it" "/usr/sbin/pvpcid (enforce)" "$(cat "/proc/$(daemon)/attr/current")"
	same "it is not root" pvpci "$(stat -c %U "/proc/$(daemon)")"
	pvpci-initiator --socket=/run/pvpci/vm.sock --memory=/dev/shm/vm --write --depth=4 --interrupts \
		--milliseconds=3600000 >/tmp/driven 2>&1 &
	driver=$!
	within "a guest's program is served" grep -q '[^\x00]' /var/lib/pvpci/vm.img
}

# written: when the program has written last, which is always the same
written() { stat -c %y /var/lib/pvpci/vm.img; }
changed() { [ "$(written)" != "$1" ]; }

# goes_on NAME: the program writes
goes_on()
{
	local before

	before=$(written)
	within "$1" changed "$before"
}

# service_end: neither program nor service has anything to complain of
service_end()
{
	goes_on "the program writes to the end"
	kill "$driver"
	wait "$driver"
	same "the program has seen no error" 0 $?
	sed 's/^/# /' /tmp/driven
	check "it stops when it is asked to" systemctl stop $unit
	same "without an error" success "$(systemctl show -P Result $unit)"
	same "AppArmor has refused nothing" "" "$(journalctl -b --no-pager | grep 'apparmor="DENIED".*pvpcid')"
	rm -r /etc/pvpci/vm.json /var/lib/pvpci/vm.img /dev/shm/vm
}

# add_second: a disk comes, and has a file system with files, mounted
add_second()
{
	echo "host add"
	within "a disk that was added is there by its serial number" compgen -G "$by_id/nvme-*_REALVM2"
	check "a file system" sh -c "mkfs.ext4 -q $by_id/nvme-*_REALVM2 && mount $by_id/nvme-*_REALVM2 /mnt &&
		cp -r /usr/lib/systemd /mnt && sync"
}

for file in "$state"/stage-*.sh; do
	# shellcheck disable=SC1090
	. "$file"
done
read -r stage <"$state/stage"
"$stage"
