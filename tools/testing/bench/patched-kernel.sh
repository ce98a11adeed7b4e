#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patched-kernel.sh VERSION: a small kernel (patched.config) from Debian's source
# with the patches of tools/patches/delays, for comparing delays. vmtest finds it as
# "kunit-VERSION" when PVPCI_BUILD is build/bench/patched.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${PVPCI_BUILD:-$top/build}
version=${1:?usage: patched-kernel.sh 6.1|6.12}
name=kunit-$version
kernel=$build/bench/patched/kernels/$name
linux=$kernel/linux
objects=$kernel/obj
patches=$top/tools/patches/delays/linux-$version

say() { printf 'patched-kernel: %s: %s\n' "$version" "$*" >&2; }

"$top/tools/testing/vmtest/kernel" "source-$version"
mkdir -p "$objects" "$build/bench/patched/$name"
ln -sfn "$build/accel" "$build/bench/patched/accel"
exec 9>"$kernel/.lock"
flock 9
stamp=$(cat "$0" "$here/patched.config" "$build/kernels/source-$version/env" \
	"$patches"/*.patch | sha256sum)
[[ $(cat "$kernel/stamp" 2>/dev/null) != "$stamp" ]] || exit 0

run_make() {
	make -C "$linux" O="$objects" ARCH=x86_64 -j"${PVPCI_JOBS:-2}" "$@"
}

# configure: from patched.config; complain about what did not take effect
configure() {
	local line missing=0

	run_make KCONFIG_ALLCONFIG="$here/patched.config" allnoconfig
	while read -r line; do
		[[ $line != CONFIG_* ]] || grep -qxF "$line" "$objects/.config" ||
			{ say "the configuration has no $line"; missing=1; }
	done <"$here/patched.config"
	return "$missing"
}

rm -rf "$linux"
cp -al "$build/kernels/source-$version/linux" "$linux"
for patch in "$patches"/*.patch; do
	patch -d "$linux" -p1 --forward --quiet -F0 <"$patch"
done
# One whole kernel at a time on this machine: each takes all of it.
exec 8>/tmp/kbuild.lock
flock 8
say "building Linux $version with our patches, some minutes"
if ! { configure && run_make bzImage modules; } >"$kernel/make.log" 2>&1; then
	grep -E 'error|Error|configuration has no' "$kernel/make.log" | head -n 20 >&2
	exit 1
fi
release=$(cat "$objects/include/config/kernel.release")
rm -rf "$kernel/root"
run_make INSTALL_MOD_PATH="$kernel/root" INSTALL_MOD_STRIP=1 modules_install \
	>>"$kernel/make.log" 2>&1
flock -u 8
rm -f "$kernel/root/lib/modules/$release"/{build,source}
# vmtest would build our modules, and a debug kernel with them, if there were none.
cp "$kernel/root/lib/modules/$release/kernel/drivers/block/virtio_blk.ko" \
	"$build/bench/patched/$name/"
ln -sfn obj/arch/x86/boot/bzImage "$kernel/vmlinuz"
ln -sfn "root/lib/modules/$release" "$kernel/modules"
printf 'KERNEL_RELEASE=%s\nKERNEL_ARCH=x86_64\nCROSS_COMPILE=\n' "$release" >"$kernel/env"
printf '%s\n' "$stamp" >"$kernel/stamp"
