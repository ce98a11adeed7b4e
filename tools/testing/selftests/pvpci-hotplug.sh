#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A bus that starts empty: functions come and go, windows grow for them, and what
# cannot be is said with its reason.
#
# vmtest: --kernel stock-6.1,stock-6.12,stock-7.3@backports,arm64-6.1,kunit-6.12 --more cloud-6.12,cloud-6.1 --bus empty-bus.json --host self
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

# dev SLOT BYTES32 BYTES64 [MORE]: a test device; 0 for a BAR it has not
dev()
{
	local bars=

	[ "$2" = 0 ] || bars="{\"bar\": 0, \"bytes\": \"$2\", \"bits\": 32}"
	[ "$3" = 0 ] || bars="$bars${bars:+, }{\"bar\": 2, \"bytes\": \"$3\", \"bits\": 64}"
	echo "{\"slot\": \"$1\", \"model\": \"testdev\", \"bars\": [$bars]${4:+, $4}}"
}

add() { ctl add "$(dev "$@")"; }

# refused NAME TEXT COMMAND...: ends with status 1 and says TEXT
refused()
{
	local name=$1 text=$2 got=0 output

	shift 2
	output=$("$@" 2>&1) || got=$?
	[ "$got" -eq 1 ] && echo "$output" | grep -qE -- "$text"
	ktap_result $? "$name"
	[ "$got" -eq 1 ] && echo "$output" | grep -qE -- "$text" ||
		printf '# wanted 1 %s, got %s %s\n' "$text" "$got" "$output"
}

# many FIRST LAST: disks in these slots, as one array
many()
{
	local i list=

	for i in $(seq "$1" "$2"); do
		truncate -s 1M "$OUT/many$i.img"
		list="$list${list:+, }{\"slot\": \"$(printf %02x "$i").0\", \"model\": \"nvme\",
			\"namespaces\": [{\"file\": \"many$i.img\"}]}"
	done
	echo "[$list]"
}

# outcomes: of all functions, each once
outcomes()
{
	ctl --json list | python3 -c 'import json, sys
print(*sorted({str((fn["outcome"] or {}).get("result")) + ":" + str((fn["outcome"] or {}).get("driver"))
	for fn in json.load(sys.stdin)["functions"]}))'
}

# losers: functions without room
losers() { ctl list | awk '$3 == "no-room" { print $1 }' | xargs; }

# lose SLOTS: these have no room, no others
lose() { [ "$(losers)" = "$1" ]; }

# window BITS: its length in /proc/iomem, in hexadecimal
window()
{
	local line

	line=$(guest "grep 'pvpci $1-bit window' /proc/iomem" | head -n 1)
	[ -n "$line" ] || return
	line=${line%% :*}
	line=${line##* }
	printf '%x\n' $((0x${line#*-} - 0x${line%-*} + 1))
}

check "modules load" guest "modprobe nvme && modprobe pvpci_testdev && modprobe pvpci"
same "an empty bus has no window" "" "$(window 32)$(window 64)"
same "nor does the log list one" "" "$(guest "dmesg | grep -E '1....:00: root bus resource .mem'")"

# Windows.
said=$(add 01.0 64K 1M)
check "the first function, and what became of it" grep -qE "01.0 testdev .*: bound to pvpci_testdev \(BAR 0 64K at 0, BAR 2 1M at 0x3f00000\), relations asked after .* ms, assigned after .* ms, enabled after .* ms, bound after" <<<"$said"
same "windows are as large as it needs" "10000 100000" "$(window 32) $(window 64)"
check "one that fits no hole" add 02.0 4M 16M
check "and one more" add 03.0 64K 8M
same "all three are bound" 3 \
	"$(guest 'ls -d /sys/bus/pci/drivers/pvpci_testdev/1000*' | wc -l)"
check "windows and BARs are nested in BAR2" guest \
	'awk "/pvpci ..-bit window/ { w++ } /^ *[0-9a-f-]* : 10006:/ { b++ } END { exit w != 2 || b != 6 }" /proc/iomem'
refused "one for which there is no room" "04.0 .*: no room, 16M are missing in one piece, 0 in total" add 04.0 0 32M
same "the list says so" "04.0 no-room" "$(ctl list | awk '/04.0/ { print $1, $3 }')"
check "a loser is named, and what is missing" guest \
	"dmesg | grep 'No room for 10006:00:04.0 (testdev, priority 0)' |
	grep '0x1000000 bytes are missing in one piece, 0x0 in total'"
ctl add "[$(dev 05.0 0 32M '"priority": 7'), $(dev 06.0 0 32M '"priority": 3')]" >/dev/null 2>&1
same "three losers" "04.0 05.0 06.0" "$(losers)"
for slot in 03.0 02.0; do
	check "eject $slot" ctl eject "$slot"
done
same "what they leave is not enough" "04.0 05.0 06.0" "$(losers)"
check "eject 01.0" ctl eject 01.0
within "two get their room, by priority" 60 lose 04.0
same "and their driver" "bound:pvpci_testdev no-room:None" "$(outcomes)"
check "which works with them" guest "cd /sys/bus/pci/drivers/pvpci_testdev &&
	echo 3 >10006:00:05.0/scratch && echo 4 >10006:00:06.0/scratch"
check "another goes" ctl eject 06.0
within "the last gets its room" 60 lose ""
check "and works" guest "echo 5 >/sys/bus/pci/drivers/pvpci_testdev/10006:00:04.0/scratch"
for slot in 04.0 05.0; do
	check "eject $slot" ctl eject "$slot"
done
check "a small 32-bit function" add 01.0 64K 0
check "32 bits in the room of 64" add 05.0 32M 0
same "the 32-bit window has all, the other is gone" "4000000 " "$(window 32) $(window 64)"
check "eject it" ctl eject 05.0
check "and the reverse" add 05.0 0 32M
same "both windows" "10000 2000000" "$(window 32) $(window 64)"
check "a reload finds both" guest "rmmod pvpci_testdev pvpci && modprobe pvpci_testdev &&
	[ \$(ls -d /sys/bus/pci/drivers/pvpci_testdev/1000* | wc -l) -eq 2 ]"
for slot in 05.0 01.0; do
	check "eject $slot" ctl eject "$slot"
done

# A driver's say, and network interfaces where the kernel has a network.
check "a module with interfaces" guest "rmmod pvpci_testdev && modprobe pvpci_testdev net=1"
check "add" add 07.0 64K 0
fn=/sys/bus/pci/drivers/pvpci_testdev/10006:00:07.0
net=$(guest "ls $fn/net" 2>/dev/null)
if [ -n "$net" ]; then
	check "an interface that is up, with an address" \
		guest "ip link set $net up && ip address add 192.0.2.1/24 dev $net"
	refused "is in use" "07.0: .*busy, interface $net is up and has an address" ctl eject 07.0
	check "an address of IPv6" guest "ip address flush dev $net &&
		{ [ ! -e /proc/net/if_inet6 ] || ip address add 2001:db8::1/64 dev $net; }"
	! guest "[ -e /proc/net/if_inet6 ]" ||
		refused "is one, too" "07.0: .*busy, interface $net is up and has an address" ctl eject 07.0
	guest "ip address flush dev $net"
	if guest "modprobe macvlan" 2>/dev/null; then
		check "another interface on it, which is down" guest "ip link set $net down &&
			ip link add link $net name on7 type macvlan"
		refused "is a user" "07.0: .*busy, interface $net is part of on7" ctl eject 07.0
		check "not any more" guest "ip link delete on7 && ip link set $net up"
	fi
	check "eject one that is up" ctl eject 07.0
	check "add it again" add 07.0 64K 0
fi
check "the driver has something against it" guest "echo 'the tape is still turning' >$fn/eject_veto"
refused "its words" "07.0: Operation not permitted, the tape is still turning" ctl eject 07.0
refused "the slot stays on, too" "not permitted" guest "echo 0 >/sys/bus/pci/slots/6-07.0/power"
check "it was asked" guest "[ \$(cut -d' ' -f1 $fn/eject_veto) -ge 2 ]"
check "nothing against it any more" guest "echo >$fn/eject_veto"
check "eject" ctl eject 07.0

# Many in one call, and what cannot be.
ctl add "$(many 1 16)" >"$OUT/added"
same "16 disks in one call" "0 16" "$? $(grep -c 'bound to nvme' "$OUT/added")"
within "all 16 are disks" 60 guest "[ \$(ls /sys/block | grep -c '^nvme[0-9]*n1\$') -eq 16 ]"

before=$(ctl --json list | md5sum)
refused "an unknown model" "no model \"floppy\"" ctl add '{"slot": "1e.0", "model": "floppy"}'
refused "a missing backing file" "none.img" ctl add \
	'{"slot": "1e.0", "model": "nvme", "namespaces": [{"file": "none.img"}]}'
refused "a locked backing file" "many1.img" ctl add \
	'{"slot": "1e.0", "model": "nvme", "namespaces": [{"file": "many1.img"}]}'
refused "a slot in use" "01.0 is in use" add 01.0 4K 0
refused "BARs beyond any aperture" "whole aperture has" add 1e.0 0 128M
refused "a duplicate serial" "same serial number" add 1e.0 4K 0 "\"serial\": $(ctl --json show 01.0 | sed -n 's|^ *.serial.: \([0-9]*\),.*|\1|p')"
same "the bus is unchanged" "$before" "$(ctl --json list | md5sum)"
same "outcomes" "bound:nvme" "$(outcomes)"

# Ejects.
disk=$(guest "grep -l . /sys/bus/pci/devices/10006:00:02.0/nvme/nvme*/serial | cut -d/ -f8")n1
check "a disk is mounted" guest "mkfs.ext4 -q -F /dev/$disk && mkdir -p /mnt/a && modprobe ext4 && mount -t ext4 /dev/$disk /mnt/a"
refused "one that is in use is not ejected" "refuses to let go of 02.0: .*busy" ctl eject 02.0
check "and works on" guest "date >/mnt/a/x && sync && [ -d /sys/bus/pci/drivers/nvme/10006:00:02.0 ]"
guest "umount /mnt/a"
guest "mkswap /dev/$disk && swapon /dev/$disk"
refused "one that is swapped to" "02.0: .*busy, disk $disk is open" ctl eject 02.0
guest "swapoff /dev/$disk; echo ,,L | sfdisk -q /dev/$disk"
within "it has a partition" 60 guest "[ -b /dev/${disk}p1 ]"
# Opened before the guest answers: by the shell, not by what it puts aside.
guest "{ sleep 600 >/dev/null 2>&1 & } 3</dev/${disk}p1"
refused "one of which a partition is open" "02.0: .*busy, disk $disk is open" ctl eject 02.0
refused "one that the guest's user switches off" "busy" guest "echo 0 >/sys/bus/pci/slots/6-02.0/power"
check "the log says why" guest "dmesg | grep '02.0 (nvme) is not switched off: disk $disk is open'"
guest "killall sleep; mkfs.ext4 -q -F /dev/$disk && mount -t ext4 /dev/$disk /mnt/a"
refused "eject of nothing" "no function at 1d.0" ctl eject 1d.0
check "the other is ejected" ctl eject 03.0
refused "and not twice" "no function at 03.0" ctl eject 03.0
check "re-added into the same slot at once" ctl add "$(many 3 3)"
ctl eject --timeout 15 02.0 >"$OUT/one" 2>&1 & one=$!
within "it is being ejected" 60 eval 'ctl list | grep -q "^02.0 .*ejecting"'
refused "eject during another eject" "02.0 is being ejected already" ctl eject 02.0
wait $one
check "surprise removal, with the guest's reason" grep -q "taken away after .* the guest refused: Device or resource busy" \
	<(ctl eject --timeout 3 --force 02.0)
within "it is gone" 60 guest '[ ! -e /sys/bus/pci/devices/10006:00:02.0 ]'
guest "umount -l /mnt/a"

# Slots.
slot=/sys/bus/pci/slots/6-04.0
same "the slot has its label" "10006:00:04 1 1" "$(guest "cat $slot/address $slot/power $slot/adapter" | xargs)"
check "lspci shows it" guest "lspci -vv -s 10006:00:04.0 | grep 'Physical Slot: 6-04.0'"
check "what the host says is in sysfs" guest "cd /sys/bus/pci/devices/10006:00:04.0/pvpci &&
	[ \$(cat label) = 6-04.0 ] && [ \$(cat model) = nvme ] && [ \$(cat priority) = 0 ] &&
	[ \$(cat boot_critical) = 0 ] && [ \$((\$(cat serial))) -ne 0 ]"
check "power off" guest "echo 0 >$slot/power && [ \$(cat $slot/power) = 0 ] && [ ! -e /sys/bus/pci/devices/10006:00:04.0 ]"
same "the host says so" "04.0 off" "$(ctl list | awk '/04.0/ { print $1, $3 }')"
check "power on" guest "echo 1 >$slot/power && [ \$(cat $slot/power) = 1 ] && [ -e /sys/bus/pci/devices/10006:00:04.0 ]"
check "off, and ejected" guest "echo 0 >$slot/power"
check "eject what is off" ctl eject 04.0
within "the slot is gone" 60 guest "[ ! -e $slot ]"

check "a device that takes its time to attach" ctl add "$(dev 15.0 4K 0 '"attach_us": 300000')"
slot=/sys/bus/pci/slots/6-15.0
check "its power is on when its driver is at work" guest "echo 0 >$slot/power; echo 1 >$slot/power &&
	echo 5 >/sys/bus/pci/drivers/pvpci_testdev/10006:00:15.0/scratch"
check "it goes" ctl eject 15.0
# Longer than the host waits for a module that is loaded for a function without a driver.
check "a driver that is probed aside" guest "rmmod pvpci_testdev &&
	modprobe pvpci_testdev async_probe=1 probe_ms=2000"
said=$(ctl add "$(dev 16.0 4K 0)")
check "takes its time and has its device" grep -q ": bound to pvpci_testdev" <<<"$said"
check "it goes, too" ctl eject 16.0
guest "rmmod pvpci_testdev && modprobe pvpci_testdev"

# Multifunction.
check "a device of three functions" ctl add "[$(dev 14.0 4K 64K), $(dev 14.1 0 64K), $(dev 14.2 4K 0)]"
check "one of them goes" ctl eject 14.1
check "the rest goes together" ctl eject 14
same "and nothing is left of it" "" "$(ctl list | grep ^14; guest 'ls -d /sys/bus/pci/devices/10006:00:14.*' 2>/dev/null)"
ctl add "$(many 22 22)" >/dev/null
ctl add "$(many 23 23 | sed 's/17.0/16.1/')" >/dev/null
disk=$(guest "ls -d /sys/bus/pci/devices/10006:00:16.1/nvme/nvme* | cut -d/ -f8")n1
within "its second function is a disk" 60 guest "[ -b /dev/$disk ]"
guest "{ sleep 600 >/dev/null 2>&1 & } 3</dev/$disk"
refused "of a device in use nothing goes" "refuses to let go of 16.[01]: .*busy" ctl eject 16
same "both functions are there" 2 "$(guest 'ls -d /sys/bus/pci/drivers/nvme/10006:00:16.? | wc -l')"
guest "killall sleep"
check "then both go" ctl eject 16
add 15.1 4K 0 '"hotplug": false' >/dev/null
refused "one that is not hot-pluggable" "is not hot-pluggable" ctl eject 15
check "all disks go" sh -c "for slot in \$(pvpcictl --control $PVPCI_CONTROL list | awk '/nvme/ { print \$1 }'); do
	pvpcictl --control $PVPCI_CONTROL eject \$slot || exit; done"

# What the machine runs from, on a node that it does not have.
truncate -s 1M "$OUT/boot.img"
check "a disk that is needed to boot" ctl add '{"slot": "18.0", "model": "nvme",
	"boot_critical": true, "numa_node": 7, "namespaces": [{"file": "boot.img"}]}'
check "keeps the module" guest "rmmod pvpci_testdev && ! rmmod pvpci 2>/dev/null &&
	[ -d /sys/bus/pci/drivers/nvme/10006:00:18.0 ]"
check "as long as it has a driver" guest "echo 10006:00:18.0 >/sys/bus/pci/drivers/nvme/unbind &&
	rmmod pvpci && modprobe pvpci_testdev && [ -d /sys/bus/pci/drivers/nvme/10006:00:18.0 ]"
check "the log says which node is not there" guest \
	"dmesg | grep 'says that 10006:00:18.0 is on NUMA node 7, which this machine does not have'"
check "it goes" ctl eject 18.0

# A guest that does not tell.
check "protocol 1.0" guest "rmmod pvpci_testdev pvpci && modprobe pvpci protocol=1.0 &&
	modprobe pvpci_testdev"
check "add, and wait for an edge" add 17.0 4K 4K
refused "a slot in use" "17.0 is in use" add 17.0 4K 0
check "eject" ctl eject 17.0
check "rmmod" guest "rmmod pvpci_testdev pvpci"
same "no window is left" "" "$(window 32)$(window 64)"
ktap_end
