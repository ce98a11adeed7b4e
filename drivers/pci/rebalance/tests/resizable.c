// SPDX-License-Identifier: GPL-2.0
/*
 * resizable.c - a PCI domain with a resizable BAR, for tests
 *
 * No device model of QEMU 7.2 has the Resizable BAR capability. This host bridge has two functions
 * whose config space is plain memory with the rules of the specification; nothing is behind their
 * BARs, and nobody reads them. 01.0 has a BAR of fixed size. 02.0 arrives after it has its place,
 * and asks for the largest of its sizes. resizable_driver.c is a driver for both. Section numbers
 * are those of PCI Express 5.0.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include <asm/pci.h>

#include "resizable.h"

#define DOMAIN		0x1f000
#define FUNCTIONS	2
#define EXPRESS		0x40
#define REBAR		PCI_CFG_SPACE_SIZE

static unsigned int window_mib = 320;
module_param(window_mib, uint, 0444);
MODULE_PARM_DESC(window_mib, "size of the bridge window");
static unsigned int sizes = 0x1e0;
module_param(sizes, uint, 0444);
MODULE_PARM_DESC(sizes, "sizes that 02.0 offers: bit n is 1 MiB << n; it begins with the largest");
static bool decoding = true;
module_param(decoding, bool, 0444);
MODULE_PARM_DESC(decoding, "01.0 decodes, and so must not be moved");
static bool preserve;
module_param(preserve, bool, 0444);
MODULE_PARM_DESC(preserve, "addresses must stay as they are, as firmware may say");
static unsigned int writes;
module_param(writes, uint, 0444);
MODULE_PARM_DESC(writes, "times that a config register of 02.0 was written");

/**
 * struct fake - one function
 * @config: its config space, little-endian as it is read
 * @bytes: size of its BAR now
 * @present: it answers
 */
struct fake {
	u32 config[PCI_CFG_SPACE_EXP_SIZE / 4];
	u64 bytes;
	bool present;
};

static struct fake fakes[FUNCTIONS];
static struct pci_sysdata sysdata = { .domain = DOMAIN, .node = NUMA_NO_NODE };
static struct resource window = { .name = "pci_resizable", .flags = IORESOURCE_MEM };
static struct pci_bus *root;

static struct fake *fake_of(struct pci_bus *bus, unsigned int devfn)
{
	unsigned int number = PCI_SLOT(devfn) - 1;

	if (bus->number || PCI_FUNC(devfn) || number >= FUNCTIONS || !fakes[number].present)
		return NULL;
	return &fakes[number];
}

static int fake_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct fake *f = fake_of(bus, devfn);

	*value = f ? f->config[where / 4] >> (where & 3) * 8 : ~0U;
	if (size < 4)
		*value &= BIT(size * 8) - 1;
	return f ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

/* 7.8.6.3: software writes a size that is offered, while memory-enable is clear. */
static void resize(struct fake *f, u32 value)
{
	unsigned int size = FIELD_GET(PCI_REBAR_CTRL_BAR_SIZE, value);

	if (f->config[PCI_COMMAND / 4] & PCI_COMMAND_MEMORY || size > 27 ||
	    !(f->config[(REBAR + PCI_REBAR_CAP) / 4] & BIT(size + 4)))
		return;
	f->config[(REBAR + PCI_REBAR_CTRL) / 4] &= ~PCI_REBAR_CTRL_BAR_SIZE;
	f->config[(REBAR + PCI_REBAR_CTRL) / 4] |= FIELD_PREP(PCI_REBAR_CTRL_BAR_SIZE, size);
	f->bytes = (u64)SZ_1M << size;
	f->config[PCI_BASE_ADDRESS_0 / 4] &= lower_32_bits(~(f->bytes - 1)) | 0xf;
}

static int fake_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	u32 mask = (size < 4 ? BIT(size * 8) - 1 : ~0U) << (where & 3) * 8;
	struct fake *f = fake_of(bus, devfn);
	u32 old;

	if (!f)
		return PCIBIOS_DEVICE_NOT_FOUND;
	writes += f == &fakes[1];
	old = f->config[where / 4];
	value = (old & ~mask) | (value << (where & 3) * 8 & mask);
	switch (where & ~3) {
	case PCI_COMMAND:
		mask = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
		f->config[PCI_COMMAND / 4] = (old & ~mask) | (value & mask);
		break;
	case PCI_BASE_ADDRESS_0:
		mask = lower_32_bits(~(f->bytes - 1));
		f->config[where / 4] = (old & 0xf) | (value & mask);
		break;
	case PCI_BASE_ADDRESS_1:
		f->config[where / 4] = value & upper_32_bits(~(f->bytes - 1));
		break;
	case REBAR + PCI_REBAR_CTRL:
		if (f->config[REBAR / 4])
			resize(f, value);
		break;
	}
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops fake_ops = { .read = fake_read, .write = fake_write };

static void init_fake(struct fake *f, u64 bytes)
{
	f->config[PCI_VENDOR_ID / 4] = PCI_VENDOR_ID_REDHAT | RESIZABLE_DEVICE << 16;
	f->config[PCI_COMMAND / 4] = PCI_STATUS_CAP_LIST << 16;
	f->config[PCI_CLASS_REVISION / 4] = PCI_CLASS_OTHERS << 24;
	f->config[PCI_BASE_ADDRESS_0 / 4] = PCI_BASE_ADDRESS_MEM_TYPE_64;
	f->config[PCI_CAPABILITY_LIST / 4] = EXPRESS;
	/* 7.5.3: a Root Complex Integrated Endpoint has no link. */
	f->config[EXPRESS / 4] = PCI_CAP_ID_EXP | (2 | PCI_EXP_TYPE_RC_END << 4) << 16;
	f->bytes = bytes;
}

static void init_rebar(struct fake *f)
{
	f->config[REBAR / 4] = PCI_EXT_CAP_ID_REBAR | 1 << 16;
	f->config[(REBAR + PCI_REBAR_CAP) / 4] = sizes << 4;
	f->config[(REBAR + PCI_REBAR_CTRL) / 4] = 1 << PCI_REBAR_CTRL_NBAR_SHIFT |
		FIELD_PREP(PCI_REBAR_CTRL_BAR_SIZE, ilog2(sizes));
}

/* As PCI core does for a function that was hot-added. */
static void arrive(unsigned int number)
{
	fakes[number].present = true;
	pci_scan_slot(root, PCI_DEVFN(number + 1, 0));
	pci_assign_unassigned_bus_resources(root);
	pci_bus_add_devices(root);
}

static void remove_root(void)
{
	struct pci_host_bridge *bridge = to_pci_host_bridge(root->bridge);

	pci_lock_rescan_remove();
	pci_stop_root_bus(root);
	pci_remove_root_bus(root);
	pci_unlock_rescan_remove();
	pci_free_host_bridge(bridge);
	release_resource(&window);
}

static int __init resizable_init(void)
{
	struct pci_host_bridge *bridge;
	int ret;

	if (!sizes || sizes >> 20 || !window_mib)
		return -EINVAL;
	bridge = pci_alloc_host_bridge(0);
	if (!bridge)
		return -ENOMEM;
	window.flags = IORESOURCE_MEM;
	ret = allocate_resource(&iomem_resource, &window, (u64)window_mib << 20, SZ_4G,
				BIT_ULL(38), SZ_1G, NULL, NULL);
	if (ret)
		goto free_bridge;
	init_fake(&fakes[0], SZ_64M);
	init_fake(&fakes[1], (u64)SZ_1M << ilog2(sizes));
	init_rebar(&fakes[1]);
	pci_add_resource(&bridge->windows, &window);
	bridge->ops = &fake_ops;
	bridge->sysdata = &sysdata;
	bridge->domain_nr = DOMAIN;
	pci_lock_rescan_remove();
	ret = pci_scan_root_bus_bridge(bridge);
	if (ret)
		goto release_window;
	root = bridge->bus;
	bridge->preserve_config = preserve;
	arrive(0);
	if (decoding)
		fakes[0].config[PCI_COMMAND / 4] |= PCI_COMMAND_MEMORY;
	arrive(1);
	pci_unlock_rescan_remove();
	ret = resizable_driver_init(root);
	if (ret)
		remove_root();
	return ret;

release_window:
	pci_unlock_rescan_remove();
	release_resource(&window);
free_bridge:
	pci_free_host_bridge(bridge);
	return ret;
}

static void __exit resizable_exit(void)
{
	resizable_driver_exit();
	remove_root();
}

module_init(resizable_init);
module_exit(resizable_exit);

MODULE_DESCRIPTION("A PCI domain with a resizable BAR, for tests");
MODULE_LICENSE("GPL");
