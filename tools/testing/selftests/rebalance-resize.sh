#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A function that offers smaller BARs gets the largest that fits, where moving does not help. No
# device model of QEMU has a resizable BAR, so pci_resizable.ko brings one.
#
# vmtest: --kernel stock-6.12 --more kunit-6.12,stock-6.1 --file lib/ktap.sh
# x86: the module that makes up its functions is built for x86 only
set -u
# shellcheck source=lib/ktap.sh
. /vmtest/ktap.sh

dir=/sys/kernel/pci_rebalance
fixed=1f000:00:01.0
fn=1f000:00:02.0
control=108.l
fail_at=/sys/module/pci_rebalance/parameters/fail_at

# bar FUNCTION: bytes of its resource 0, 0 if it has no place
bar()
{
	local start end

	read -r start end _ <"/sys/bus/pci/devices/$1/resource"
	echo $((start ? end - start + 1 : 0))
}

state()
{
	local name

	for name in $fixed $fn; do
		cat "/sys/bus/pci/devices/$name/resource"
		lspci -s "$name" -xxxx
	done
}

size() { echo $((1 << (0x$(setpci -s $fn $control) >> 8 & 0x1f))); }
begin() { modprobe pci_resizable "$@" && modprobe pci_rebalance auto=off; }
end() { modprobe -r pci_rebalance && modprobe -r pci_resizable; }
request() { echo $fn >$dir/request; }
result() { grep -q "$1" $dir/result; }

# Next to 64 MiB that must stay there is no place for 256 MiB.
check "load" begin window_mib=320
same "the first has a place" $((64 << 20)) "$(bar $fixed)"
same "the second finds none" 0 "$(bar $fn)"
same "it has its largest size" 256 "$(size)"
before=$(state)
check "a dry run" sh -c "echo $fn >$dir/dry_run"
sed 's/^/# /' $dir/result $dir/plan
check "says what would fit" grep -q "BAR 0 128 MiB instead of 256 MiB: new" $dir/plan
same "and changes nothing" "$before" "$(state)"

step=0
while [ $((step += 1)) -lt 20 ]; do
	echo $step >$fail_at
	request 2>/dev/null && break
	same "change $step fails and is undone" "$before" "$(state)"
done
echo 0 >$fail_at
check "the size is one of the changes" [ $step -gt 6 ]
sed 's/^/# /' $dir/result
check "the result says so" result "^done.*BAR 0 128 MiB instead of 256 MiB"
check "so does the log" sh -c "dmesg | grep 'rebalance for $fn: done' | grep '128 MiB instead of'"
same "it has 128 MiB" $((128 << 20)) "$(bar $fn)"
same "its register says so" 128 "$(size)"
same "the BAR's register is where the resource is" \
	"$(cut -d' ' -f1 /sys/bus/pci/devices/$fn/resource | head -n 1)" \
	"$(printf '0x%08x%08x' 0x"$(setpci -s $fn 14.l)" $((0x$(setpci -s $fn 10.l) & ~15)))"
same "the first has not moved" $((64 << 20)) "$(bar $fixed)"
check "unload" end

# Where moving helps nothing gets smaller.
check "load, the first may move" begin window_mib=320 decoding=0
same "the second finds no place" 0 "$(bar $fn)"
# Kernels that cannot revoke user mappings want to be asked.
check "allow it" sh -c "echo $fixed idle >$dir/allow"
check "make room" request
same "all of it fits" $((256 << 20)) "$(bar $fn)"
check "nothing is said of sizes" sh -c "! grep instead $dir/result"
check "unload" end

# A function that has just arrived, where nobody may be moved.
check "load, in the other order" sh -c "modprobe pci_rebalance auto=idle &&
	modprobe pci_resizable window_mib=320"
resized() { [ "$(bar $fn)" -eq $((128 << 20)) ]; }
within "it gets smaller by itself" 60 resized
check "unload" end

# The next smaller sizes are not all offered.
check "load, few sizes" begin window_mib=128 sizes=0x108
check "make room" request
same "8 MiB fit" $((8 << 20)) "$(bar $fn)"
check "unload" end

# Nothing fits.
check "load, large sizes only" begin window_mib=128 sizes=0x180
before=$(state)
check "there is no room" sh -c "! echo $fn 2>/dev/null >$dir/request"
sed 's/^/# /' $dir/result
check "not even for the smallest" result "even with .* BAR 0 128 MiB instead of 256 MiB"
same "nothing has changed" "$before" "$(state)"
check "unload" end
ktap_end
