#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The nvme model as nvme-cli and a stock driver see it: commands and the status
# codes of wrong ones, log pages, events, and resets and removal with I/O under way.
#
# vmtest: --kernel stock-6.12 --more stock-6.1,arm64-6.1 --bus nvme-commands.json --disk-mib 64 --host self --timeout 800
# vmtest: --kernel stock-6.1 --pvpcid asan --bus nvme-commands.json --disk-mib 64 --host self --timeout 800
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { "$GUEST" "$@"; }
number() { guest "grep -l '^$1 *\$' /sys/class/nvme/nvme*/serial | cut -d/ -f5"; }

# status COMMAND: the status field as nvme-cli prints it, 0 for success
status()
{
	local said

	said=$(guest "$1 2>&1 || true" | grep -o '(0x[0-9a-f]*)' | tail -n 1)
	echo "${said:-0}"
}

# field COMMAND NAME: one value of nvme-cli's output
field() { guest "$1" | sed -n "s/^$2[[:space:]]*: *//p" | head -n 1; }

check "modules load" guest "modprobe nvme && modprobe pvpci"
within "three controllers live" 60 guest \
	'[ $(grep -l live /sys/class/nvme/nvme*/state | wc -l) -eq 3 ]'
a=$(number CMD512) b=$(number CMD4096) c=$(number CMDRO)
within "three disks" 60 guest "[ -b /dev/${a}n1 ] && [ -b /dev/${b}n1 ] && [ -b /dev/${c}n1 ]"

# The driver asks for nothing that is refused: not one entry in the error log.
same "no error so far" 0 "$(field "nvme smart-log /dev/$a" num_err_log_entries)"
same "64 queue pairs" "get-feature:0x07 (Number of Queues), Current value:0x003f003f" \
	"$(guest "nvme get-feature /dev/$a -f 7")"
same "a UUID from the configuration" uuid.12345678-1234-5678-1234-567812345678 \
	"$(guest "cat /sys/block/${c}n1/wwid")"
same "identifiers of namespaces differ" 3 "$(guest "cat /sys/block/nvme*n1/wwid | sort -u | wc -l")"
same "one controller, one namespace" "1 1" "$(guest "nvme list-ctrl /dev/$a | grep -c :0
	nvme list-ns /dev/$a --all | grep -c 0x1" | xargs)"
same "firmware log" 0x1 "$(field "nvme fw-log /dev/$a" 'afi *')"
same "effects log: identify is supported, write changes content" "1 3" "$(guest "
	nvme get-log /dev/$a -i 5 -l 4096 -b >/tmp/effects
	hexdump -v -s 24 -n 4 -e '1/4 \"%d \"' /tmp/effects
	hexdump -v -s 1028 -n 4 -e '1/4 \"%d\"' /tmp/effects")"

# Data: write, read back, compare, zero, verify, discard.
guest "dd if=/dev/urandom of=/tmp/data bs=4k count=1 2>/dev/null"
same "write" 0 "$(status "nvme write /dev/${a}n1 -s 100 -c 7 -z 4096 -d /tmp/data")"
same "read" 0 "$(status "nvme read /dev/${a}n1 -s 100 -c 7 -z 4096 -d /tmp/back")"
check "reads what was written" guest cmp /tmp/data /tmp/back
same "compare" 0 "$(status "nvme compare /dev/${a}n1 -s 100 -c 7 -z 4096 -d /tmp/data")"
same "compare with something else" "(0x6285)" \
	"$(status "nvme compare /dev/${a}n1 -s 101 -c 7 -z 4096 -d /tmp/data")"
same "verify" 0 "$(status "nvme verify /dev/${a}n1 -s 0 -c 1023")"
same "write zeroes" 0 "$(status "nvme write-zeroes /dev/${a}n1 -s 100 -c 3")"
same "discard" 0 "$(status "nvme dsm /dev/${a}n1 -d -s 104 -b 4")"
same "flush" 0 "$(status "nvme flush /dev/${a}n1 -n 1")"
same "both read as zeroes on the host" "$(head -c 4096 /dev/zero | md5sum)" \
	"$(dd if="$OUT/disk0.img" bs=512 skip=100 count=8 status=none | md5sum)"

# Wrong commands. 4000h: do not retry. 2000h: there is more in the error log.
io="nvme io-passthru /dev/${a}n1" admin="nvme admin-passthru /dev/$a"
same "invalid opcode" "(0x6001)" "$(status "$io -o 0x7e -n 1")"
same "invalid admin opcode" "(0x6001)" "$(status "$admin -o 0x7e")"
same "block out of range" "(0x6080)" \
	"$(status "nvme read /dev/${a}n1 -s 131072 -c 0 -z 512 -d /tmp/back")"
same "the error log tells which" "0x20000" "$(field "nvme error-log /dev/$a -e 1" lba)"
same "transfer above MDTS" "(0x6002)" "$(status "$io -o 2 -n 1 --cdw12=1024 -r -l 4096")"
same "namespace that is not there" "(0x600b)" "$(status "nvme id-ns /dev/$a -n 2 --force")"
same "unknown identify" "(0x6002)" "$(status "$admin -o 6 --cdw10=0x77 -r -l 4096")"
same "unknown log page" "(0x6109)" "$(status "nvme get-log /dev/$a -i 0xc0 -l 512")"
same "log page past its end" "(0x6002)" "$(status "nvme get-log /dev/$a -i 2 -l 512 -o 1024")"
same "unknown feature" "(0x6002)" "$(status "nvme get-feature /dev/$a -f 0x7f")"
same "feature that cannot be saved" "(0x610d)" \
	"$(status "nvme set-feature /dev/$a -f 4 -v 0x157 --save")"
same "queue that is not there" "(0x6101)" "$(status "$admin -o 0 --cdw10=64")"
same "queue above the limit" "(0x6101)" "$(status "$admin -o 5 --cdw10=0xf0041 --cdw11=1")"
same "completion queue in use" "(0x610c)" "$(status "$admin -o 4 --cdw10=1")"
same "format is not supported" "(0x6001)" "$(status "$admin -o 0x80 -n 1")"
same "write to a read-only namespace" "(0x6020)" \
	"$(status "nvme io-passthru /dev/${c}n1 -o 1 -n 1 -w -l 512 -i /tmp/data")"
same "write protection of the configuration stays" "(0x610e)" \
	"$(status "nvme set-feature /dev/$c -n 1 -f 0x84 -v 0")"

# Health: a threshold below the temperature is a critical warning.
guest "nvme set-feature /dev/$a -f 4 -v 0x12c" >/dev/null
same "temperature warning" 0x2 "$(field "nvme smart-log /dev/$a" critical_warning)"
guest "nvme set-feature /dev/$a -f 4 -v 0x157" >/dev/null
same "and none" 0 "$(field "nvme smart-log /dev/$a" critical_warning)"

# A BAR in memory has no link that goes down: a subsystem reset is not offered.
check "a subsystem reset is refused" guest "! nvme subsystem-reset /dev/$a 2>/dev/null"
same "and no I/O waits for its timeout" live "$(guest "head -c 4096 /dev/${a}n1 >/dev/null
	cat /sys/class/nvme/$a/state")"

# Resets while data is written and verified; one of the files is open with O_DIRECT.
for disk in "$a" "$b"; do
	guest "fio --name=$disk --filename=/dev/${disk}n1 --size=12M --rw=randwrite \
		--bsrange=4k-256k --iodepth=16 --ioengine=libaio --direct=1 --fsync=20 \
		--verify=crc32c --do_verify=1 --verify_fatal=1 >/tmp/fio-$disk 2>&1
		echo \$? >/tmp/fio-$disk.status" &
done
for _ in 1 2 3; do
	sleep 0.5
	check "reset under I/O" guest "nvme reset /dev/$a && nvme reset /dev/$b"
done
within "fio ends" 200 guest "[ -s /tmp/fio-$a.status ] && [ -s /tmp/fio-$b.status ]"
wait
same "all data is right" "0 0" "$(guest "cat /tmp/fio-$a.status /tmp/fio-$b.status" | xargs)"

# The file grows: an event, and the disk is larger.
truncate -s 96M "$OUT/disk0.img"
within "the guest sees a larger disk" 60 guest "[ \$(cat /sys/block/${a}n1/size) -eq 196608 ]"

# Removed under I/O, and found again.
guest "dd if=/dev/${b}n1 of=/dev/null bs=4k iflag=direct >/dev/null 2>&1 &
	sleep 0.3; echo 1 >/sys/class/nvme/$b/device/remove"
same "removed" "" "$(number CMD4096)"
guest "echo 1 >/sys/bus/pci/rescan"
within "found again" 60 guest "grep -q '^CMD4096 *\$' /sys/class/nvme/nvme*/serial"
b=$(number CMD4096)
within "it works" 60 guest "head -c 1048576 /dev/${b}n1 >/dev/null"
same "no media error" 0 "$(field "nvme smart-log /dev/$b" media_errors)"
same "no complaint of the kernel" "" \
	"$(guest "dmesg" | grep -E 'nvme.*timeout|I/O error|BUG:|WARNING:|Call Trace' | head -n 5)"
ktap_end
