#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvpcid driven by a program instead of a guest: NVMe controllers answer it whether it looks
# for completions or waits for interrupts, many at once; what it wrote reached the file.
# Nobody reads its log, and it goes on; files have rings that were made before the sandbox.
#
# x86: no guest
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib/ktap.sh
. "$here/lib/ktap.sh"
PATH=${PVPCI_BUILD:-$here/../../../build}/bin:$PATH
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

drive() { pvpci-initiator --socket=socket --memory=ram --milliseconds=200 "$@"; }
serves()
{
	local name=$1

	shift
	drive "$@" >out 2>&1
	check "$name" sh -c 'cat out; grep -qE "\"ios\": [1-9]" out'
}
refused() { ! drive "$@" >out 2>error && [ ! -s out ] && [ -s error ]; }

truncate -s 256M ram
functions=
for number in {0..24}; do
	truncate -s 4M "disk$number.img"
	functions+="${functions:+,}{\"slot\": \"$(printf %02x $((number + 1))).0\", \"model\": \"nvme\",
		\"namespaces\": [{\"file\": \"disk$number.img\"}]}"
done
echo "{\"id\": 1, \"socket\": \"socket\", \"memory\": {\"file\": \"ram\", \"machine\": \"q35\"},
	\"functions\": [$functions]}" >bus.json
pvpcid --quiet --config bus.json &
within "pvpcid serves" 60 test -S socket
serves "one command at a time"
serves "with interrupts" --interrupts
serves "many commands" --depth=128 --interrupts
serves "long commands" --depth=4 --bytes=131072
serves "25 functions" --functions=25 --depth=4 --interrupts
check "nothing was written so far" test "$(cat disk*.img | tr -d '\0' | wc -c)" -eq 0
serves "writes" --write --depth=8
check "they are in the file" test "$(tr -d '\0' <disk0.img | wc -c)" -gt 0
check "only what was written" test "$(tr -d '\0\132' <disk0.img | wc -c)" -eq 0
check "and in no other" test "$(cat disk[1-9]*.img | tr -d '\0' | wc -c)" -eq 0
check "more functions than there are" refused --functions=26
check "an odd length" refused --bytes=5000

# ---- nobody reads the log ------------------------------------------------------------------
# Both ends of a pipe are open here, and its own end of pvpcid; then it is filled.
truncate -s 4M loud.img
echo '{ "id": 3, "memory": { "file": "ram", "machine": "q35" }, "functions": [
	{ "slot": "03.0", "model": "nvme", "namespaces": [ { "file": "loud.img" } ] } ] }' >loud.json
mkfifo pipe
exec 7<>pipe
pvpcid --config loud.json --socket loud --control loud.ctl 2>pipe &
loud=$!
loud() { timeout 60 pvpcictl --control loud.ctl "$@"; }
within "pvpcid serves, with its log in a pipe" 60 loud ping
check "the pipe is full" python3 -c '
import os
os.set_blocking(7, False)
try:
    while True:
        os.write(7, b"." * 4096)
except BlockingIOError:
    pass
try:
    while True:
        os.write(7, b".")
except BlockingIOError:
    pass'
for number in 1 2 3; do
	kill -HUP "$loud"
	check "$number: it has said something to nobody, and answers" loud ping
done
check "a bus goes up and down, which is worth lines" timeout 120 pvpci-initiator --socket=loud \
	--memory=ram --milliseconds=200 --interrupts
check "and control is answered" loud list
timeout 60 cat pipe >heard &
reader=$!
heard() { kill -HUP "$loud"; grep -q "lines were lost, nobody took them" heard; }
within "who reads at last hears how many lines are lost" 60 heard
kill "$loud" "$reader"
wait "$loud"
same "it ends well" 0 $?
exec 7>&-

# ---- who has a ring ------------------------------------------------------------------------
# Rings are made before the sandbox: for what is configured, and 32 more.
echo '{ "id": 2, "memory": { "file": "ram", "machine": "q35" } }' >empty.json
pvpcid --quiet --config empty.json --socket many --control many.ctl &
many() { pvpcictl --control many.ctl "$@"; }
within "pvpcid serves" 60 many ping
added=
for number in {1..34}; do
	truncate -s 4M "added$number.img"
	added+="${added:+,}{\"slot\": \"$(printf '%02x.%d' $((number / 8)) $((number % 8)))\", \"model\": \"nvme\",
		\"namespaces\": [{\"file\": \"added$number.img\"}]}"
done
engines() { many --json stats | grep -oE '"engine": *"[a-z]+"' | grep -c "$1"; }
check "34 disks are added" many add "[$added]"
if [ "$(engines uring)" -eq 0 ]; then
	same "threads for all, where there is no io_uring" 34 "$(engines threads)"
else
	same "32 have a ring" 32 "$(engines uring)"
	same "and the others have threads" 2 "$(engines threads)"
	check "one goes" many eject 00.1
	same "with its ring" 31 "$(engines uring)"
	check "another comes" many add \
		'{"slot": "05.0", "model": "nvme", "namespaces": [{"file": "added1.img"}]}'
	same "and has the ring" 32 "$(engines uring)"
fi
ktap_end
