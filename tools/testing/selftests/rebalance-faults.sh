#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Drivers and firmware that make it hard: pci_resizable.ko brings functions and a driver that has
# every fault on request. Nothing may hang, nothing may get lost, and what cannot be undone is said.
#
# vmtest: --kernel stock-6.12,kunit-6.12 --more stock-6.1 --file lib/ktap.sh
# x86: the module that makes up its functions is built for x86 only
set -u
# shellcheck source=lib/ktap.sh
. /vmtest/ktap.sh

dir=/sys/kernel/pci_rebalance
first=1f000:00:01.0
fn=1f000:00:02.0
driver=/sys/module/pci_resizable/parameters
rebalance=/sys/module/pci_rebalance/parameters

begin() { modprobe pci_rebalance auto=off && modprobe pci_resizable "$@"; }
end() { echo 0 >$driver/faults; modprobe -r pci_resizable && modprobe -r pci_rebalance; }
request() { echo $fn >$dir/request; }
result() { sed 's/^/# /' $dir/result; grep -q -- "$1" $dir/result; }
state()
{
	grep -A9 pci_resizable /proc/iomem
	for name in $first $fn; do
		readlink "/sys/bus/pci/devices/$name/driver"
		cat "/sys/bus/pci/devices/$name/resource"
		lspci -s "$name" -xxx
	done
}
has_driver() { [ -e "/sys/bus/pci/devices/$1/driver" ]; }
# place FUNCTION: where its BAR is
place() { cut -d' ' -f1 "/sys/bus/pci/devices/$1/resource" | head -n 1; }

has_room() { [ "$(place $fn)" != 0x0000000000000000 ]; }

# 320 MiB, of which 64 MiB are in the way of 256 MiB: 01.0 must move.
hard="window_mib=320 sizes=0x100 decoding=0 slots=2"

# shellcheck disable=SC2086 # options
{
check "firmware wants it to stay: load" begin window_mib=320 decoding=0 preserve=1
check "a request is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and says why" result "failed -1: firmware wants"
check "so is a hole" sh -c "! echo '1f000:00 1M' 2>/dev/null >$dir/dry_run"
check "unload" end

# Kernels that cannot revoke user mappings want to be asked.
check "regions that are kept: load" begin $hard client=1
echo $first idle >$dir/allow
check "its driver may be moved" grep -q "$first movable: with its driver's help" $dir/functions
echo 1 >$driver/faults
before=$(state)
check "the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and says why" result "$first keeps a claim on its BARs"
same "nothing has changed" "$before" "$(state)"
echo 0 >$driver/faults
check "it is moved when it lets go" request
check "elsewhere" [ "$(place $first)" != "$(echo "$before" | grep -m1 '^0x' | cut -d' ' -f1)" ]
check "with its regions" grep -qi "$(place $first | sed 's/^0x0*//').* : pci_resizable$" /proc/iomem
check "unload" end

check "a driver that cannot restart: load" begin $hard client=1
echo $first idle >$dir/allow
echo 8 >$driver/faults
check "the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and says why" result "$first does not work at its new place.*but for $first: it is still stopped (-5)"
same "it was tried at both places" 2 "$(cat $driver/restarts)"
check "unload" end

# The kernel's own callbacks, where it has them (tools/patches/rebalance).
check "a driver that follows its BARs: load" begin $hard follow=1
if [ -e $driver/follow ]; then
	echo $first idle >$dir/allow
	check "it may be moved" grep -q "$first movable: with its driver's help" $dir/functions
	before=$(state)
	echo 1 >$driver/faults
	check "it keeps its regions: the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
	check "and says why" result "$first cannot be stopped: its driver does not let go of its BARs, undone after"
	same "nothing has changed" "$before" "$(state)"
	echo 8 >$driver/faults
	count=$(cat $driver/restarts)
	check "it cannot restart: the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
	check "and says why" result "$first does not work at its new place.*but for $first: it is still stopped (-5)"
	same "it was tried at both places" $((count + 2)) "$(cat $driver/restarts)"
	echo 0 >$driver/faults
	check "it is moved when it can" request
	check "elsewhere" [ "$(place $first)" != "$(echo "$before" | grep -m1 '^0x' | cut -d' ' -f1)" ]
	check "with its regions" grep -qi "$(place $first | sed 's/^0x0*//').* : pci_resizable$" /proc/iomem
fi
check "unload" end
check "one that cannot after all: load" begin $hard follow=1
if [ -e $driver/follow ]; then
	echo $first idle >$dir/allow
	before=$(state)
	echo 16 >$driver/faults
	check "it is unbound instead" request
	check "and moved" [ "$(place $first)" != "$(echo "$before" | grep -m1 '^0x' | cut -d' ' -f1)" ]
	check "that is known from now on" grep -q "$first movable: by unbinding" $dir/functions
fi
check "unload" end

check "a driver that does not come back: load" begin $hard
check "it may be unbound" sh -c "echo $first idle >$dir/allow"
echo 4 >$driver/faults
check "the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and tells what is left" result "undone after .* but for $first: it has lost its driver (-5)"
check "it has" eval "! has_driver $first"
check "unload" end

check "a driver that does not let go: load" begin $hard
check "it may be unbound" sh -c "echo $first idle >$dir/allow"
before=$(state)
echo 2 >$driver/faults
echo 1 >$rebalance/bind_limit_s
check "the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and says why" result "$first cannot be stopped: its driver does not let go, .*changes$"
check "results can be read" grep -q "$first" $dir/result
check "so can the rest of PCI be changed" sh -c "echo 1 >/sys/bus/pci/rescan"
echo 0 >$driver/faults
let_go() { dmesg | grep -q "$first: rebalance: its driver has let go"; }
within "it lets go" 60 let_go
within "and is bound again" 60 has_driver $first
same "nothing has changed" "$before" "$(state)"
check "then it is moved" request
check "unload" end

check "another driver, after all were asked: load" begin $hard
check "it may be unbound" sh -c "echo $first idle >$dir/allow"
echo 1 >$rebalance/pause
modprobe pci_stub
request 2>/dev/null &
within "all are asked" 60 grep -qx 2 $rebalance/pause
echo $first >/sys/bus/pci/drivers/pci_resizable/unbind
echo pci-stub >/sys/bus/pci/devices/$first/driver_override
echo $first >/sys/bus/pci/drivers/pci-stub/bind
# Whoever reads the config space of a function that is being given room waits for it; this does not.
place_and_driver() { readlink /sys/bus/pci/devices/$first/driver; cat /sys/bus/pci/devices/$first/resource; }
before=$(place_and_driver)
cat $dir/result
check "reading the result does not wait for it" kill -0 $!
echo 0 >$rebalance/pause
check "the move is refused" eval "! wait $!"
# The shell of a check cannot wait for a child of this one.
within "and says why" 60 grep -q \
	"$first cannot be stopped: it has another driver now, undone after 1 changes$" $dir/result
same "nothing has changed, and the other driver is left" "$before" "$(place_and_driver)"
check "unload" end

check "room appears: load" begin window_mib=320 sizes=0x100
echo idle >$rebalance/auto
check "there is none as long as the first stays" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "the first goes" sh -c "echo 1 >/sys/bus/pci/devices/$first/remove"
within "the second has found room by itself" 60 has_room
check "unload" end

# As sriov_numvfs, which takes the rescan lock with that of the device held.
check "somebody holds its lock, and wants the other: load" begin $hard
check "it may be unbound" sh -c "echo $first idle >$dir/allow"
echo 1 >$driver/cross &
within "it is held" 60 grep -q msleep /proc/$!/stack
check "the move is refused" sh -c "! echo $fn 2>/dev/null >$dir/request"
check "and says why" result "1 functions are pinned"
wait
check "then it is moved" request
check "unload" end

check "what is allowed: load" begin $hard
check "it ends with the function" sh -c "echo $first in-use >$dir/allow &&
	grep -q '$first in-use' $dir/allow &&
	echo 1 >/sys/bus/pci/devices/$first/remove && ! grep -q $first $dir/allow"
check "found again" sh -c "echo 1 >/sys/bus/pci/rescan; [ -e /sys/bus/pci/devices/$first ]"
check "nothing is allowed for it" sh -c "! grep -q $first $dir/allow"
check "nor for one that is not there" sh -c "! echo 1f000:00:1e.0 idle 2>/dev/null >$dir/allow"
check "unload" end

check "asking: load" begin $hard slots=6
writes=$(cat $driver/writes)
check "about one with a driver" sh -c "! echo $fn 2>/dev/null >$dir/dry_run"
check "says what to do" result "$fn cannot be given room: .* cannot .* (allow it \"idle\", or unbind it)"
same "writes nothing to it" "$writes" "$(cat $driver/writes)"
echo $fn >/sys/bus/pci/drivers/pci_resizable/unbind
setpci -s $fn COMMAND=2:2
writes=$(cat $driver/writes)
check "about one that decodes" sh -c "echo $fn idle >$dir/allow; echo $first idle >$dir/allow
	echo $fn >$dir/dry_run"
same "writes nothing to it" "$writes" "$(cat $driver/writes)"
check "unload" end
# It is not known what it wants if it was there first.
check "load, in the other order" sh -c "modprobe pci_resizable $hard slots=2 && setpci -s $fn COMMAND=2:2 &&
	modprobe pci_rebalance auto=idle"
writes=$(cat $driver/writes)
check "about one that decodes" sh -c "! echo $fn 2>/dev/null >$dir/dry_run"
check "says what to do" result "it decodes.*clear memory-enable first"
same "writes nothing to it" "$writes" "$(cat $driver/writes)"
setpci -s $fn COMMAND=0:2
check "then it can be asked" sh -c "! echo $fn 2>/dev/null >$dir/dry_run"
check "and there is no room while 01.0 stays" result "pinned, see functions"
# It finds room as soon as somebody may be moved.
echo rebind >$rebalance/auto
check "allow the other" sh -c "echo '  $first   IDLE ' >$dir/allow"
within "it finds room by itself" 60 has_room
check "unload" end

check "as people type it: load" begin window_mib=320 decoding=0 sizes=0x100
for words in "1f000:00 64M" "1f000:00  64m" " 1f000:00 64 MiB " "1f000:00 64 mb idle" \
	"1f000:00 65536KiB PREFETCH" "1F000:00	64M	Rebind"; do
	check "'$words'" sh -c "echo '$words' >$dir/dry_run"
done
for words in "1f000:00 64 MiB MiB" "1f000:00 64Q" "1f000:00 -64M" "1f000:00 0x" "1f000:00 64M M" \
	"1f000:00 99999999999G"; do
	check "not '$words'" sh -c "! echo '$words' 2>/dev/null >$dir/dry_run"
done
sed 's/^/# /' $dir/space
check "sizes have units" grep -q "1f000:00 largest hole .* [KMGi]*B, frag" $dir/space
check "unload" end
}
ktap_end
