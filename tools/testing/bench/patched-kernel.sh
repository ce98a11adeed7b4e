#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patched-kernel.sh VERSION: a small kernel (patched.config) from Debian's source with all
# of tools/patches and our modules, as the debug kernels but without a checker: for comparing
# times. vmtest finds it as "kunit-VERSION" when PVPCI_BUILD is build/bench/patched.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
version=${1:?usage: patched-kernel.sh 6.1|6.12}

"$top/tools/testing/vmtest/kernel" "source-$version"
export PVPCI_BUILD=$build/bench/patched PVPCI_KCONFIG=$here/patched.config
mkdir -p "$PVPCI_BUILD/kernels"
for shared in accel bin "kernels/source-$version"; do
	ln -sfn "$build/$shared" "$PVPCI_BUILD/$shared"
done
exec "$top/tools/testing/kunit/build" "kunit-$version"
