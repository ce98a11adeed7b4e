#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two controllers that share a namespace: the stock driver's own multipath makes one disk of
# them. fio writes and verifies on it while one path after the other is ejected, taken away by
# surprise, added again, and while the daemon is killed; nobody above notices. A path is not in
# use while there is another, the last one is; without multipath each is a disk of its own.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,stock-7.3@backports,arm64-6.1 --bus nvme-share.json --disk-mib 8 --keeper --host self --timeout 600
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/daemon.sh
. "$(dirname "$0")/lib/daemon.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"

guest() { "$GUEST" "$@"; }
control() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

dir=/sys/kernel/pci_rebalance
add() { control add "{\"slot\": \"$1\", \"model\": \"nvme\", \"share\": \"PAIR\", \"queues\": 2,
	\"namespaces\": [{\"file\": \"disk0.img\"${2:-}}]}"; }

# paths: how many live ones the disk has, as nvme-cli sees it
paths() { guest "nvme list-subsys /dev/$disk" | grep -c ' pcie .* live'; }
has_paths() { [ "$(paths)" -eq "$1" ]; }

# is SLOT WORDS: as pci_rebalance lists it
is() { guest "grep '^10001:00:$1 ' $dir/functions | tee -a /dev/stderr | grep -q '$2'"; }

# refused NAME WORDS COMMAND...
refused()
{
	local name=$1 words=$2 output

	shift 2
	if output=$("$@" 2>&1); then
		ktap_result 1 "$name"
		return
	fi
	echo "# ${output//$'\n'/ }"
	grep -qE -- "$words" <<<"$output"
	ktap_result $? "$name"
}

# surprise SLOT: the guest cannot answer, so the function is taken away
surprise()
{
	"$QMP" stop >/dev/null
	control eject --force --timeout 1 "$1" 2>&1 | sed 's/^/# /'
	"$QMP" cont >/dev/null
	guest true
}

check "load" guest "modprobe nvme && modprobe pvpci && modprobe pci_rebalance auto=off"
within "the disk that is shared" 60 guest "grep -l '^PAIR *\$' /sys/block/*/device/serial"
disk=$(guest "grep -l '^PAIR *\$' /sys/block/*/device/serial | cut -d/ -f4 | grep -m1 -E '^nvme[0-9]+n1\$'")
alone=$(guest "grep -l '^ALONE *\$' /sys/block/*/device/serial | cut -d/ -f4 | grep -m1 -E '^nvme[0-9]+n1\$'")
within "it has two paths" 60 has_paths 2
guest "nvme list-subsys /dev/$disk; nvme list" | sed 's/^/# /'
same "and is one disk" 3 "$(guest "ls /sys/block | grep -cE '^nvme[0-9]+n1\$'")"

within "who does not share has a disk of its own" 60 guest \
	"ls /sys/bus/pci/devices/10001:00:05.0/nvme/nvme*/ | grep -E '^nvme[0-9]+n1\$'"

passes_start "$disk" --size=512k --fsync=64
fio=$!
within "fio writes and verifies" 120 more_passes 0

refused "a path to something else" '"file" is not that of .*02.0' \
	control add '{"slot": "04.0", "model": "nvme", "share": "PAIR", "namespaces": [{"file": "disk1.img"}]}'
refused "a path with other blocks" '"block" is not that of' add 04.0 ', "block": 4096'

for fn in 01.0 02.0 03.0; do
	guest "echo 10001:00:$fn idle >$dir/allow"
done
within "one path need not stay" 60 is 01.0 "movable: by unbinding"
within "nor the other" 60 is 02.0 "movable: by unbinding"
check "one path is ejected" control eject --timeout=60 01.0
goes_on "one path"
within "the last path is in use" 60 is 02.0 "pinned: in use"
refused "and is not ejected" "disk $disk is open" control eject 02.0
check "the other is added again" add 01.0
within "two paths" 60 has_paths 2
surprise 02.0
within "one is gone by surprise" 60 has_paths 1
goes_on "after the surprise"
check "it is added again" add 02.0
within "two paths once more" 60 has_paths 2
check "another daemon answers" kill_daemon
goes_on "another daemon"
check "now the other is ejected" control eject --timeout=60 01.0
goes_on "the other path"
check "and added again" add 01.0
within "two paths in the end" 60 has_paths 2

guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
echo "# $(passes) passes"
same "no error of the disk" "" "$(guest "dmesg | grep -E 'error.*$disk|$disk.*error'")"

# One write protection: the other path hears of it by an event.
check "protect it through one path" guest "nvme set-feature /dev/\$(ls /sys/bus/pci/devices/10001:00:01.0/nvme) \
	-n 1 -f 0x84 -v 1"
within "the disk is read-only" 60 guest "[ \$(cat /sys/block/$disk/ro) = 1 ]"
check "and through the other it is not any more" guest "nvme set-feature /dev/\$(ls /sys/bus/pci/devices/10001:00:02.0/nvme) \
	-n 1 -f 0x84 -v 0"
within "the disk is writable" 60 guest "[ \$(cat /sys/block/$disk/ro) = 0 ]"

# So it is with a file that grows: nobody has to rescan anything.
truncate -s 12M "$OUT/disk0.img"
within "the disk has grown" 60 guest "[ \$(cat /sys/block/$disk/size) = $((12 << 11)) ]"
check "to its end" guest "dd if=/dev/urandom of=/dev/$disk bs=64k count=1 seek=191 oflag=direct 2>/dev/null"

# hold DEVICE: keep it open in the guest's background; it is when this returns
hold()
{
	guest "rm -f /tmp/open; sh -c 'exec 3<>/dev/$1; touch /tmp/open; exec sleep 1000' >/dev/null 2>&1 &
		until [ -e /tmp/open ]; do sleep 0.1; done; echo \$! >/tmp/holder"
}
let_go() { guest "kill \$(cat /tmp/holder)"; }

# A disk with one path is in use as any other, and so is its character device.
hold "$alone"
within "the disk that is alone is in use" 60 is 03.0 "pinned: in use"
refused "and is not ejected, either" "disk $alone is open" control eject 03.0
let_go
within "let go" 60 is 03.0 "movable: by unbinding"
hold "${alone/nvme/ng}"
within "its character device is in use" 60 is 03.0 "pinned: in use"
let_go
within "let go again" 60 is 03.0 "movable: by unbinding"

# A kernel that does not want it: two disks, each in use for itself.
check "without multipath" guest "rmmod nvme && rmmod nvme_core && modprobe nvme_core multipath=N && modprobe nvme"
within "each path is a disk" 60 guest "[ \$(ls /sys/block | grep -cE '^nvme[0-9]+n1\$') -eq 4 ]"
guest "echo 10001:00:01.0 idle >$dir/allow"
within "one path need not stay, as long as nobody uses it" 60 is 01.0 "movable: by unbinding"
one=$(guest "ls /sys/bus/pci/devices/10001:00:01.0/nvme/nvme*/" | grep -m1 -oE '^nvme[0-9]+n1$')
hold "$one"
within "one that is open is in use" 60 is 01.0 "pinned: in use"
refused "and stays" "disk $one is open" control eject 01.0
let_go
ktap_end
