#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Functions that do not lie where others do: virtual functions, and one behind a bridge that decodes
# subtractively. They stay, and what else is on the host bridge can be planned with.
#
# vmtest: --kernel stock-6.12 --more stock-6.1 --file lib/ktap.sh --qemu "-nic none -device nvme-subsys,id=s -device nvme,serial=a,subsys=s,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2,max_ioqpairs=8,msix_qsize=9 -device i82801b11-bridge,id=br,addr=1e -device e1000,bus=br,addr=3 -device pci-testdev,membar=1M,bus=pcie.0,addr=10"
# x86: where its bridges are, arm64 guests have their serial ports
set -u
# shellcheck source=lib/ktap.sh
. /vmtest/ktap.sh

dir=/sys/kernel/pci_rebalance
plan()
{
	echo "0000:00 $1" >$dir/dry_run
	sed 's/^/# /' $dir/result
	grep -q ^planned $dir/result
}

modprobe nvme
check "load" modprobe pci_rebalance auto=off
sed 's/^/# /' $dir/functions
behind=$(cd /sys/bus/pci/devices/0000:00:1e.0 && ls -d 0000:??:03.0)
check "a function behind a subtractive bridge: a plan" plan 64M
check "it is listed" grep -q "^$behind " $dir/functions

# As if it had no window: what is behind it is decoded because nobody else does.
pf=$(cd /sys/bus/pci/drivers/nvme && ls -d 0000:*)
within "a controller" 60 ls "/sys/bus/pci/devices/$pf/nvme"
check "virtual functions" sh -c "echo 2 >/sys/bus/pci/devices/$pf/sriov_numvfs"
check "there are two" [ -e "/sys/bus/pci/devices/$pf/virtfn1" ]
check "a plan" plan 64M
vf=$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn0")")
sed 's/^/# /' $dir/functions
check "they stay" grep -q "^$vf pinned: virtual functions" $dir/functions
check "so does theirs" grep -q "^$pf pinned: virtual functions" $dir/functions
check "unload" rmmod pci_rebalance
ktap_end
