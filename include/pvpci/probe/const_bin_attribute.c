// SPDX-License-Identifier: GPL-2.0
/* Nobody changes a binary attribute that is in a group, nor the list of them. */
#include <linux/sysfs.h>

void pvpci_probe(struct attribute_group *group, const struct bin_attribute *const *list);
void pvpci_probe(struct attribute_group *group, const struct bin_attribute *const *list)
{
	group->bin_attrs = list;
}
