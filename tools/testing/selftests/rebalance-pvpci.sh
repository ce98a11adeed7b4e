#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 25 NVMe controllers on a pvpci bus, replaced one by one by seeded chance for months, until one
# finds no room although enough is free in total. Then pci_rebalance makes room by moving others,
# whose data is verified before and after, and the months go on with it. Before it succeeds every
# single change of the move is made to fail, and nothing may differ afterwards.
#
# vmtest: --kernel stock-6.1,stock-6.12,stock-7.3@backports --more arm64-6.1 --bus rebalance-pvpci.json --disk-mib 4 --host self --timeout 1500
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/every_change.sh
. "$(dirname "$0")/lib/every_change.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

RANDOM=${SEED:-25}
dir=/sys/kernel/pci_rebalance
sizes=(16K 32K 128K)
months=${MONTHS:-60}

# add NUMBER SIZE: a controller with this disk
add()
{
	ctl add "{\"slot\":\"$(printf '%02x.0' $(($1 + 1)))\",\"model\":\"nvme\",\"serial\":\"M$1\",
		\"queues\":1,\"bar_bytes\":\"$2\",\"namespaces\":[{\"file\":\"disk$1.img\"}]}"
}
eject() { ctl eject --timeout=20 "$(printf '%02x.0' $(($1 + 1)))" >/dev/null; }

# replace NUMBER SIZE: another controller with the same disk in the same slot; perhaps without room
replace() { eject "$1" && { add "$1" "$2" >/dev/null 2>&1 || :; }; }

# outcome SLOT: as the host lists it, and whether the guest seeks room
outcome()
{
	ctl --json list | python3 -c "import json, sys
print(*[str(fn['outcome'].get(key)) for fn in json.load(sys.stdin)['functions'] if fn['slot'] == '$1'
	for key in ('result', 'seeking')])"
}

fn() { printf '10001:00:%02x.0' $(($1 + 1)); }

# live NUMBER: its disk is there
live() { guest "[ -n \"\$(ls /sys/bus/pci/devices/$(fn "$1")/nvme/nvme*/ | grep -o 'nvme[0-9]*n1')\" ]"; }
all_live() { guest "[ \$(ls /sys/block | grep -c nvme) -eq $1 ]"; }

# settled NUMBER: it is live, or there was no room
settled() { live "$1" || guest "dmesg | tail -n 30 | grep -q 'No room for $(fn "$1")'"; }

# verify OPTION: fio over all disks but the one that found no room
verify()
{
	guest "jobs=; for disk in \$(ls /sys/block | grep nvme); do
		name=\$(cat /sys/block/\$disk/device/serial | tr -d ' ')
		[ \$name = M$lost ] ||
			jobs=\"\$jobs --name=\$name --filename=/dev/\$disk --randseed=\${name#M}\"
	done
	fio --size=128k --bs=16k --rw=write --direct=1 --verify=crc32c --verify_fatal=1 --thread \
		--group_reporting $1 \$jobs"
}

check "load" guest "modprobe nvme; modprobe pvpci"
within "25 controllers" 60 all_live 25
month=0
while [ $((month += 1)) -le "$months" ]; do
	number=$((RANDOM % 25)) size=${sizes[$((RANDOM % 3))]}
	replace $number "$size" || { check "replacement $month: $number by $size" false; break; }
	n=0
	until settled $number; do
		[ $((n += 1)) -gt 50 ] && break 2
		sleep 0.2
	done
	live $number || break
done
lost=$number
echo "# $month replacements, then no room for $size in $(fn "$lost")"
guest "dmesg | grep 'No room' | tail -n 1" | sed 's/^/# /'
check "in the end one finds no room" guest "[ ! -e /sys/bus/pci/devices/$(fn "$lost")/driver ]"
same "24 are left" 24 "$(guest "ls /sys/block | grep -c nvme")"
check "its bytes would be there in total" guest \
	"dmesg | grep 'No room for $(fn "$lost")' | tail -n 1 | grep -q '0 in total'"
check "write the survivors" verify "--do_verify=1"
ctl space | sed 's/^/# before: /'

check "load pci_rebalance" guest \
	"insmod /vmtest/pci_rebalance.ko auto=off 2>/dev/null || modprobe pci_rebalance auto=off"
check "without leave to rebind there is no plan" guest \
	"! echo $(fn "$lost") 2>/dev/null >$dir/request"
guest "cat $dir/result" | sed 's/^/# /'
guest "for fn in /sys/bus/pci/drivers/nvme/10001:*; do echo \$(basename \$fn) idle >$dir/allow; done"
# state: all that a move may change, on both sides, once the drivers are at work again
state()
{
	local end=$((SECONDS + 60))

	until all_live 24 || [ $SECONDS -gt $end ]; do sleep 0.1; done
	guest 'grep -v nvme /proc/iomem; cd /sys/bus/pci/devices; for fn in 10001:*; do
		echo $fn; readlink $fn/driver; head -n 7 $fn/resource
		hexdump -v -s 4 -n 2 $fn/config; hexdump -v -s 16 -n 24 $fn/config; done'
	ctl --json space
}
make_room() { guest "echo $(fn "$lost") >$dir/request"; }
every_change "make room" state make_room
guest "cat $dir/result $dir/plan" | sed 's/^/# /'
within "all 25 are there" 60 all_live 25
check "the survivors' data is right" verify "--verify_only=1"
ctl space | sed 's/^/# after: /'

# The host hears of the moves: distances between BARs are the same on both sides.
relative() { sort | awk 'NR == 1 { first = $2 } { print $1, $2 - first }'; }
same "the host knows where every BAR is" \
	"$(guest "for fn in /sys/bus/pci/drivers/nvme/10001:*; do name=\${fn##*/}
		echo \${name#10001:00:} \$((\$(head -n 1 \$fn/resource | cut -d' ' -f1))); done" |
		relative)" \
	"$(ctl --json list | python3 -c '
import json, sys
for fn in json.load(sys.stdin)["functions"]:
	print(fn["slot"], fn["bars"][0]["assigned"])' | relative)"

# The months go on, and room is made without being asked for; who adds waits for it.
guest "echo rebind >/sys/module/pci_rebalance/parameters/auto"
check "3 leaves" eject 3
check "3 by 128K: room is made" add 3 128K
within "3 is at work" 60 live 3
check "10 leaves" eject 10
check "a function without a driver in its place" ctl add '{"slot":"0b.0","model":"testdev",
	"bars":[{"bar":0,"bytes":"128K","bits":64}]}'
same "it has no driver and is placed" "no-driver None" "$(outcome 0b.0)"
check "by itself" guest "[ \$(dmesg | grep -c 'rebalance for.*done') -gt 1 ]"
guest "dmesg | grep 'rebalance for'" | sed 's/^/# /'
ctl space | sed 's/^/# later: /'

# When that does not help, who adds is told so.
check "3 leaves" eject 3
check "there is no room, whatever moves" eval '! add 3 1M >out 2>&1'
check "it says so" grep -q "no room" out
same "and that is the end of it" "no-room None" "$(outcome 04.0)"
ktap_end
