// SPDX-License-Identifier: GPL-2.0
/*
 * What the host says of a function: /sys/bus/pci/devices/.../pvpci/.
 * Documentation/ABI/testing/sysfs-bus-pci-devices-pvpci has the words.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "bus/sysfs.h"
#include "core/bus.h"
#include "function/function.h"

static struct pvpci_fn *fn_of(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	return pvpci_function_get(pvpci_bus_of(pdev->bus), pdev->devfn);
}

#define FUNCTION_ATTR(name, format, value)						\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)	\
{											\
	struct pvpci_fn *fn = fn_of(dev);						\
	ssize_t ret = -ENODEV;								\
											\
	if (fn) {									\
		ret = sysfs_emit(buf, format "\n", value);				\
		pvpci_function_put(fn);							\
	}										\
	return ret;									\
}											\
static DEVICE_ATTR_RO(name)

FUNCTION_ATTR(serial, "%#llx", fn->info.serial);
FUNCTION_ATTR(label, "%s", fn->info.label);
FUNCTION_ATTR(model, "%s", fn->info.model);
FUNCTION_ATTR(priority, "%u", fn->info.priority);
FUNCTION_ATTR(boot_critical, "%u", !!(fn->info.flags & PVPCI_FN_BOOT_CRITICAL));
FUNCTION_ATTR(hotplug, "%u", !!(fn->info.flags & PVPCI_FN_HOTPLUG));

static struct attribute *attributes[] = {
	&dev_attr_serial.attr,
	&dev_attr_label.attr,
	&dev_attr_model.attr,
	&dev_attr_priority.attr,
	&dev_attr_boot_critical.attr,
	&dev_attr_hotplug.attr,
	NULL
};

static const struct attribute_group group = {
	.name = "pvpci",
	.attrs = attributes,
};

/**
 * pvpci_sysfs_add - show what the host says of a function
 * @dev: on one of our buses, just added; its directory goes with it
 *
 * Context: process context.
 */
void pvpci_sysfs_add(struct pci_dev *dev)
{
	if (sysfs_create_group(&dev->dev.kobj, &group))
		pci_warn(dev, "what the host says of it is not shown in sysfs\n");
}
