#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Another kernel on a bus that is in use: by kexec, which shuts the bus down
# first, and after a crash under I/O, which does not. Each finds it as new.
#
# vmtest: --kernel stock-6.12 --bus kexec.json --disk-mib 256 --mem 1536 --append crashkernel=512M --reboots --host self --timeout 800 --allow sysrq --allow panic --allow end.Kernel
# x86: Debian's arm64 kernels are built without kexec_file_load()
set -u
# shellcheck source=lib/ktap.sh
. "$(dirname "$0")/lib/ktap.sh"

guest() { timeout 120 "$GUEST" "$@"; }

# runs N: the N-th kernel has come to its init. Nothing is sent to the guest
# before that: a serial port that nobody reads would lose the beginning.
runs() { [ "$(grep -c 'Run /init' "$OUT/console.log")" -ge "$1" ]; }

# load NAME: modules, disk, and the data as they were
load()
{
	check "$1: load" guest "modprobe nvme && modprobe pvpci && modprobe pvpci_testdev"
	within "$1: controller live" 60 guest 'grep -q live /sys/class/nvme/nvme0/state'
	within "$1: disk" 60 guest '[ -b /dev/nvme0n1 ]'
	same "$1: data" "$sum" "$(guest "dd if=/dev/nvme0n1 bs=1M count=2 iflag=direct 2>/dev/null | md5sum")"
	check "$1: a function handed off decoding" guest \
		"cd /sys/bus/pci/drivers/pvpci_testdev/10025:00:02.0 && echo 4 >scratch && echo 1 >fire"
}

# kernel KIND MORE: load this kernel once more, from the disk on our bus
kernel()
{
	check "kexec $1" guest "cd /tmp && dd if=/dev/nvme0n1 bs=1M count=2 of=kexec 2>/dev/null &&
		dd if=/dev/nvme0n1 bs=1M skip=2 2>/dev/null | head -c $vmlinuz >vmlinuz &&
		dd if=/dev/nvme0n1 bs=1M skip=34 2>/dev/null | head -c $initrd >initrd &&
		chmod +x kexec && ./kexec $1 vmlinuz initrd \"\$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) $2\" &&
		rm vmlinuz initrd"
}

# QEMU may have been given what is in it.
image=$(readlink -f "$(dirname "$(sed -n 's/.*-kernel \([^ ]*\).*/\1/p' "$OUT/qemu.sh")")/vmlinuz")
vmlinuz=$(stat -Lc %s "$image")
initrd=$(stat -Lc %s "$OUT/initrd")
check "a static program" "${CROSS_COMPILE}gcc" -static -O2 -o "$OUT/kexec" "$(dirname "$0")/lib/kexec.c"
put() { dd if="$1" of="$OUT/kexec.img" bs=1M seek="$2" conv=notrunc status=none; }
put "$OUT/kexec" 0
put "$image" 2
put "$OUT/initrd" 34
sum=$(head -c 2M "$OUT/kexec.img" | md5sum)

load "first kernel"
kernel load "crashkernel=512M"
# No answer will come.
guest "/tmp/kexec exec" &
within "the second kernel runs" 120 runs 2
kill $!
sleep 5
load "second kernel"
same "nobody was started over" 0 "$(grep -c 'started over' "$OUT/pvpcid0.log")"
kernel crash "nr_cpus=1 irqpoll"
guest "fio --name=crash --filename=/dev/nvme0n1 --offset=200M --size=16M --rw=randwrite --bs=4k \
	--direct=1 --ioengine=libaio --iodepth=16 --time_based --runtime=60 >/dev/null 2>&1 </dev/null &"
sleep 2
guest "echo c >/proc/sysrq-trigger" &
within "the crash kernel runs" 120 runs 3
kill $!
sleep 5
load "crash kernel"
check "the bus was started over" grep -q 'started over' "$OUT/pvpcid0.log"
check "unload" guest "rmmod pvpci_testdev; rmmod pvpci"
ktap_end
