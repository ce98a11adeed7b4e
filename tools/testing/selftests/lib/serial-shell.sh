#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Commands from the second serial port, a line each; what they print and "=STATUS" go back.
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo
echo ready >&3
while read -r line <&3; do
	eval "$line" </dev/null >&3 2>&1
	echo "=$?" >&3
done
