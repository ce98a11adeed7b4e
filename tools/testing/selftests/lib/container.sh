# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A Debian in a directory, run by its own systemd: units, users and packages as on a machine of
# its own, without a network, and gone with this process.

# become_init DIRECTORY: in namespaces of its own; the init of that Debian
become_init()
{
	local cgroups

	# What it does to control groups stays below one of its own.
	cgroups=$(mktemp -d) && mount -t cgroup2 cgroup2 "$cgroups" &&
		mkdir -p "$cgroups/pvpci-$$" && echo $$ >"$cgroups/pvpci-$$/cgroup.procs" || return
	exec unshare --cgroup --mount --net --ipc --uts --pid --fork --kill-child \
		bash -c '. "$1"; enter_root "$2"' bash "${BASH_SOURCE[0]}" "$1"
}

# enter_root DIRECTORY: the rest of it
enter_root()
{
	local name

	mount --bind "$1" "$1" && cd "$1" || exit
	mount -t proc proc proc && mount -t sysfs -o ro sysfs sys &&
		mount -t cgroup2 cgroup2 sys/fs/cgroup && mount -t tmpfs -o mode=755 tmpfs run &&
		mount -t tmpfs -o mode=755 tmpfs dev && mkdir dev/pts dev/shm &&
		mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts &&
		mount -t tmpfs -o mode=1777 tmpfs dev/shm || exit
	for name in null zero full random urandom tty; do
		cp -a "/dev/$name" dev/
	done
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	pivot_root . . && umount -l . || exit
	exec env -i container=pvpci PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
}

# start_container DIRECTORY LOG: sets CONTAINER to the process that is its init
start_container()
{
	local holder end=$((SECONDS + 120))

	(become_init "$1") >"$2" 2>&1 </dev/null &
	holder=$!
	until CONTAINER=$(pgrep -P "$holder") && inside_container systemctl is-system-running 2>/dev/null |
		grep -qE 'running|degraded'; do
		[ "$SECONDS" -le "$end" ] && kill -0 "$holder" 2>/dev/null || return 1
		sleep 0.2
	done
}

# inside_container COMMAND...: as root of it, in its root's home
inside_container()
{
	nsenter --target "$CONTAINER" --all --root --wd=/proc/"$CONTAINER"/root/root \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}
