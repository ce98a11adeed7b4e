#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pci_rebalance.auto=online: a function is added for which there is no room in one piece, and all
# that could move has a mounted disk under fio that writes and verifies. The guest says that second
# paths would help, pvpcictl add brings them, and takes them away again; nobody was allowed anything
# one by one. Without that word, or without multipath, nothing happens to anybody.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,stock-7.3 --bus shared-disks.json --disk-mib 16 --host self --timeout 600
# x86: not seen to run on arm64 yet
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"
# shellcheck source=lib/passes.sh
. "$(dirname "$0")/lib/passes.sh"
# What this sets:
stay='' left=0
# shellcheck source=lib/shared_disks.sh
. "$(dirname "$0")/lib/shared_disks.sh"

guest() { "$GUEST" "$@"; }
ctl() { pvpcictl --control "$PVPCI_CONTROL" "$@"; }

auto=/sys/module/pci_rebalance/parameters/auto
new='{"slot": "09.0", "model": "nvme", "serial": "NEW", "queues": 1, "bar_bytes": "256K",
	"namespaces": [{"file": "disk9.img"}]}'

places() { for slot in $stay; do base "$slot.0"; done; }

# refused NAME: no room, at once, and nobody has moved or been helped
refused()
{
	local before output status=0

	before=$(places)
	output=$(ctl add "$new" 2>&1) || status=$?
	echo "# ${output//$'\n'/ }"
	same "$1: refused" 1 $status
	check "$1: for want of room" grep -q "no room, 128K are missing in one piece" <<<"$output"
	check "$1: second paths are not spoken of" eval '! ctl --json show 09.0 | grep -q lacks_paths'
	same "$1: nobody has moved" "$before" "$(places)"
	check "$1: it leaves" ctl eject --timeout=60 09.0
	same "$1: nobody was helped" "$left" "$(functions)"
}

truncate -s 16M disk9.img
check "load" guest "modprobe nvme_core multipath=N && modprobe nvme && modprobe pvpci && modprobe ext4 &&
	modprobe pci_rebalance auto=online"
within "the aperture is full" 60 live 8
holes
make_all
# Not even while none of them is in use: nobody has allowed it.
refused "without multipath"
check "with multipath" guest "rmmod nvme && rmmod nvme_core && modprobe nvme"
mount_all
check "auto=rebind" guest "echo rebind >$auto"
refused "auto=rebind"

write_all
fio=$!
within "fio writes and verifies on all of them" 120 more_passes 0
check "auto=online" guest "echo online >$auto"
same "it says so" online "$(guest "cat $auto")"
# Whoever does not wait is told later, and gets no second paths.
check "it is added" ctl add --no-wait "$new"
within "second paths are spoken of" 60 eval 'ctl --json show 09.0 | grep -q "\"lacks_paths\": true"'
check "the answer is that to the function" guest "grep -q '128 KiB are missing in one piece' /sys/kernel/pci_rebalance/result"
same "none has come" $((left + 1)) "$(functions)"
check "it leaves" ctl eject --timeout=60 09.0

before=$(places)
status=0
output=$(ctl --json add "$new" 2>error) || status=$?
sed 's/^/# /' error
same "it is added" 0 $status
check "and bound" python3 -c 'import json, sys
answer = json.loads(sys.argv[1])
assert answer["functions"][0]["outcome"]["result"] == "bound", answer
assert answer["functions"][0]["outcome"]["driver"] == "nvme", answer
assert [helper["slot"] for helper in answer["helpers"]] == ["1f.0"], answer' "$output"
check "somebody has moved for it" [ "$before" != "$(places)" ]
same "no helper is left" $((left + 1)) "$(functions)"
check "its disk can be read" guest "dd if=/dev/\$(basename \$(grep -l '^NEW' /sys/block/nvme*n1/device/serial |
	cut -d/ -f1-4)) of=/dev/null bs=64k count=4"
goes_on "moved"
guest "touch /tmp/stop"
wait $fio
same "fio never failed" 0 $?
umount_all
all_sound
ktap_end
