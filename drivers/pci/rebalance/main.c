// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the module: what it consists of, in order of dependency
 */
#include <linux/module.h>

#include <pvpci/release.h>

#include "answer.h"
#include "bind.h"
#include "hotadd.h"
#include "record.h"
#include "sysfs.h"

static int __init rebalance_init(void)
{
	int error = bind_init();

	if (error)
		return error;
	error = hotadd_init();
	if (error)
		goto exit_bind;
	error = sysfs_init();
	if (error)
		goto exit_hotadd;
	return 0;

exit_hotadd:
	hotadd_exit();
	record_exit();
	answer_exit();
exit_bind:
	bind_exit();
	return error;
}

static void __exit rebalance_exit(void)
{
	sysfs_exit();
	hotadd_exit();
	record_exit();
	answer_exit();
	bind_exit();
}

module_init(rebalance_init);
module_exit(rebalance_exit);

MODULE_DESCRIPTION("Moves PCI BARs and bridge windows so that new functions find room");
MODULE_VERSION(PVPCI_RELEASE);
MODULE_LICENSE("GPL");
