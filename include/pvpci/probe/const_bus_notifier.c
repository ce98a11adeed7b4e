// SPDX-License-Identifier: GPL-2.0
/* bus_register_notifier() takes a pointer to const. */
#include <linux/device.h>
#include <linux/device/bus.h>

int pvpci_probe(const struct bus_type *bus, struct notifier_block *nb);
int pvpci_probe(const struct bus_type *bus, struct notifier_block *nb)
{
	return bus_register_notifier(bus, nb);
}
