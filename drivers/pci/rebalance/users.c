// SPDX-License-Identifier: GPL-2.0
/*
 * users.c - what processes have open and mapped
 *
 * The kernel has no list of who uses a character device or a resourceN file, so all processes are
 * looked at, as fuser does it. Files that no process has in its table (in flight in a socket,
 * registered with io_uring) are not seen.
 */
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "users.h"

/* A process that changes its mappings is tried again, a millisecond later each time. */
#define TRIES		50
/* Processes that may be born while they are counted. */
#define MORE_PROCESSES	64
#define MEM_MINOR	1

static unsigned long address_key(unsigned int domain, unsigned int bus, unsigned int devfn)
{
	return (unsigned long)domain << 16 | bus << 8 | devfn;
}

static void note(struct users *users, struct xarray *where, unsigned long key, gfp_t gfp)
{
	if (xa_err(xa_store(where, key, xa_mk_value(1), gfp)))
		users->unknown = true;
}

static int look_at_file(const void *data, struct file *file, unsigned int fd)
{
	struct users *users = (struct users *)data;
	struct inode *inode = file_inode(file);

	if (S_ISCHR(inode->i_mode))
		note(users, &users->devices, inode->i_rdev, GFP_ATOMIC);
	return 0;
}

static void look_at_range(struct users *users, const struct vm_area_struct *vma)
{
	u64 first = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (users->range_count == USERS_RANGES) {
		users->unknown = true;
		return;
	}
	users->ranges[users->range_count].first = first;
	users->ranges[users->range_count++].last = first + (vma->vm_end - vma->vm_start) - 1;
}

/* DOMAIN:BUS:DEVICE.FUNCTION/resourceN in sysfs, [DOMAIN:]BUS/DEVICE.FUNCTION in /proc/bus/pci. */
static void look_at_name(struct users *users, const struct file *file)
{
	unsigned int domain = 0, bus, device, function, number;
	unsigned long magic = file_inode(file)->i_sb->s_magic;
	char name[64];
	bool found;

	snprintf(name, sizeof(name), "%pd2", file->f_path.dentry);
	if (magic == SYSFS_MAGIC)
		found = sscanf(name, "%x:%x:%x.%x/resource%u", &domain, &bus, &device, &function,
			       &number) == 5;
	else
		found = magic == PROC_SUPER_MAGIC &&
			(sscanf(name, "%x:%x/%x.%x", &domain, &bus, &device, &function) == 4 ||
			 sscanf(name, "%x/%x.%x", &bus, &device, &function) == 3);
	if (found)
		note(users, &users->functions,
		     address_key(domain, bus, PCI_DEVFN(device, function)), GFP_KERNEL);
}

static void look_at_mapping(struct users *users, const struct vm_area_struct *vma)
{
	const struct inode *inode = file_inode(vma->vm_file);

	if (S_ISCHR(inode->i_mode) && inode->i_rdev == MKDEV(MEM_MAJOR, MEM_MINOR))
		look_at_range(users, vma);
	else if (S_ISCHR(inode->i_mode))
		note(users, &users->devices, inode->i_rdev, GFP_KERNEL);
	else if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		look_at_name(users, vma->vm_file);
}

static void look_at_memory(struct users *users, struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	unsigned int tries = 0;

	while (!mmap_read_trylock(mm)) {
		if (++tries == TRIES) {
			users->unknown = true;
			return;
		}
		usleep_range(1000, 2000);
	}
	for_each_vma(vmi, vma)
		if (vma->vm_file)
			look_at_mapping(users, vma);
	mmap_read_unlock(mm);
}

/* Threads share the table of their process, but for the few that have one of their own. */
static struct mm_struct *look_at_process(struct users *users, struct task_struct *process)
{
	const struct files_struct *last = NULL;
	struct mm_struct *mm = NULL;
	struct task_struct *thread;

	for_each_thread(process, thread) {
		if (!mm)
			mm = get_task_mm(thread);
		task_lock(thread);
		if (thread->files && thread->files != last)
			iterate_fd(thread->files, 0, look_at_file, users);
		last = thread->files;
		task_unlock(thread);
	}
	return mm;
}

static unsigned int count_processes(void)
{
	const struct task_struct *process;
	unsigned int count = 0;

	rcu_read_lock();
	for_each_process(process)
		count++;
	rcu_read_unlock();
	return count;
}

/**
 * users_look - look at all processes
 * @users: set; users_free() is needed after success
 *
 * Context: process; the rescan lock and device locks may be held. Waits for a process that changes
 * its mappings, but not for long.
 *
 * Return: 0 or -ENOMEM.
 */
int users_look(struct users *users)
{
	unsigned int max = count_processes() + MORE_PROCESSES, count = 0, i;
	struct task_struct *process;
	struct mm_struct **mms;

	*users = (struct users) { };
	xa_init(&users->devices);
	xa_init(&users->functions);
	mms = kvmalloc_array(max, sizeof(*mms), GFP_KERNEL);
	if (!mms)
		return -ENOMEM;
	rcu_read_lock();
	for_each_process(process) {
		if (process->flags & PF_KTHREAD)
			continue;
		if (count == max) {
			users->unknown = true;
			break;
		}
		mms[count] = look_at_process(users, process);
		count += !!mms[count];
	}
	rcu_read_unlock();
	for (i = 0; i < count; i++) {
		look_at_memory(users, mms[i]);
		/* Whose last user this is, is taken down elsewhere. */
		mmput_async(mms[i]);
		cond_resched();
	}
	kvfree(mms);
	return 0;
}

/**
 * users_free - forget it
 * @users: from users_look(), or zeroed
 */
void users_free(struct users *users)
{
	xa_destroy(&users->devices);
	xa_destroy(&users->functions);
}

/**
 * users_have_open - did a process have a character device open, or mapped?
 * @users: from users_look()
 * @device: its number
 *
 * Return: true if so, or if that is not known.
 */
bool users_have_open(const struct users *users, dev_t device)
{
	return users->unknown || xa_load((struct xarray *)&users->devices, device);
}

/**
 * users_have_mapped - did a process have a BAR of a function mapped?
 * @users: from users_look()
 * @dev: function
 *
 * Return: true if so, or if that is not known.
 */
bool users_have_mapped(const struct users *users, struct pci_dev *dev)
{
	unsigned int i, r;

	if (users->unknown || xa_load((struct xarray *)&users->functions,
				      address_key(pci_domain_nr(dev->bus), dev->bus->number,
						  dev->devfn)))
		return true;
	for (i = 0; i < users->range_count; i++)
		for (r = 0; r <= PCI_ROM_RESOURCE; r++) {
			const struct resource *res = &dev->resource[r];

			if (res->parent && res->flags & IORESOURCE_MEM &&
			    users->ranges[i].first <= res->end &&
			    users->ranges[i].last >= res->start)
				return true;
		}
	return false;
}
