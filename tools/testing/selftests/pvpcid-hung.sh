#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A file system whose server does not answer an open, a read or a close: who wanted that
# hears of it in time, and meanwhile the bus and pvpcictl are served.
#
# x86: no guest
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
PATH=${PVPCI_BUILD:-$here/../../../build}/bin:$PATH
work=$(mktemp -d)
# What waits for the server ends when it answers everything, or is gone.
trap ': >hang; kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1

mkdir mount
: >hang
unshare -m "$here/lib/hung_fuse.py" "$work/mount" "$work/hang" 2>error &
server=$!
disk=/proc/$server/root$work/mount/disk
for _ in {1..100}; do
	[ -e "$disk" ] || ! kill -0 $server 2>/dev/null && break
	sleep 0.1
done
if [ ! -e "$disk" ]; then
	echo "# no FUSE here: $(cat error)"
	echo "1..0 # SKIP no FUSE here"
	exit 0
fi

control() { timeout 120 pvpcictl --control control "$@"; }
# serves: the other disk, and whoever asks
serves()
{
	timeout 120 pvpci-initiator --socket=socket --memory=ram --milliseconds=200 --depth=4 \
		--interrupts >out && grep -qE '"ios": [1-9]' out && control list
}
add() { control add "{\"slot\": \"04.0\", \"model\": \"nvme\", \"namespaces\": [{\"file\": \"$disk\"}]}"; }

truncate -s 256M ram
truncate -s 4M other.img
cat >bus.json <<'END'
{ "id": 1, "memory": { "file": "ram", "machine": "q35" }, "functions": [
	{ "slot": "03.0", "model": "nvme", "namespaces": [ { "file": "other.img" } ] } ] }
END
pvpcid --config bus.json --socket socket --control control 2>log &
daemon=$!
within "pvpcid serves" 60 control ping

# ---- open --------------------------------------------------------------------------------
echo OPEN >hang
add >added 2>&1 &
adder=$!
check "while a file is being opened the bus is served" serves
wait $adder
check "who adds it hears why not" grep -q "does not answer for 10 s" added
: >hang
within "with a server that answers it is added" 60 add

# ---- read and write ----------------------------------------------------------------------
# when: the last write to the other disk
when() { stat -c %y other.img; }
# written_since TIME
written_since() { [ "$(when)" != "$1" ]; }
# goes_on KIND OPTION...: flushed writes of the other disk, while every KIND of the rest hangs
goes_on()
{
	local kind=$1 driver

	shift
	echo "$kind" >hang
	timeout 120 pvpci-initiator --socket=socket --memory=ram --write --durable --interrupts \
		--milliseconds=100000 "$@" >out 2>error &
	driver=$!
	within "a program writes" 60 written_since "$(when)"
	# All that can be taken up is.
	sleep 3
	within "still, while every $kind of the other disks hangs" 10 written_since "$(when)"
	: >hang
	# Time for all that hung to be asked, then no more; without a limit a slow machine had none left.
	sleep 3
	pkill -TERM -P $driver pvpci-initiator
	wait $driver
	same "they are finished when the server answers" 0 $?
}
goes_on READ --functions=2 --depth=64 --readers=1
goes_on WRITE --functions=2 --depth=64

# ---- close -------------------------------------------------------------------------------
echo FLUSH >hang
check "a file that cannot be closed" sh -c \
	"! timeout 120 pvpcictl --control control eject --timeout 2 04.0 2>refusal"
check "is an error" grep -q "04.0 is off the bus, but its files are not closed" refusal
check "the bus is served" serves
same "its place is free" "" "$(control --json list | grep -o '"slot": *"04.0"')"
check "its file is not" sh -c "! timeout 120 pvpcictl --control control add '{\"slot\": \"05.0\",
	\"model\": \"nvme\", \"namespaces\": [{\"file\": \"$disk\"}]}' 2>refusal"
: >hang
within "with a server that answers it can be added again" 60 add
check "and ejected" control eject 04.0
kill $daemon
wait $daemon
same "it ends" 0 $?

# ---- many files of one disk ----------------------------------------------------------------
# io_uring's threads are for all files of a process; a disk that dies has many images.
functions=
for number in {1..9}; do
	functions+=", {\"slot\": \"$(printf %02x $((number + 3))).0\", \"model\": \"nvme\",
		\"namespaces\": [{\"file\": \"$disk$number\"}]}"
done
sed "s|\] } \] }|] } ${functions//$'\n'/} ] }|" bus.json >many.json
PVPCI_BLOCKIO=uring pvpcid --config many.json --socket socket --control control 2>log &
within "pvpcid serves ten" 60 sh -c "pvpcictl --control control list | grep -q ' 10 functions'"
goes_on FSYNC --functions=10 --depth=16
goes_on WRITE --functions=10 --depth=16
ktap_end
