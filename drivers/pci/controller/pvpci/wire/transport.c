// SPDX-License-Identifier: GPL-2.0
/*
 * The ivshmem-doorbell function: registers, shared memory and vector 0.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>

#include "wire/transport.h"
#include "wire/wire.h"

#define NAME		"pvpci"
#define HEADER_BIT	PVPCI_AREA_COUNT	/* of pvpci_transport.claimed */

/*
 * BAR2 is RAM of the host: map it cacheable where the architecture lets us.
 * MEMREMAP_WT is what is left where it does not.
 */
static void *map_ram(phys_addr_t start, size_t bytes)
{
	return memremap(start, bytes, MEMREMAP_WB | MEMREMAP_WT);
}

static int claim(struct pvpci_wire *wire, unsigned int bit, u64 offset, u64 bytes)
{
	struct pvpci_transport *t = &wire->transport;

	if (!request_mem_region(t->bar2 + offset, bytes, bit == HEADER_BIT ?
				"pvpci header" : pvpci_area_name(bit))) {
		dev_err(&wire->pdev->dev, "BAR2 is in use: %#llx bytes at %#llx cannot be claimed.\n",
			bytes, offset);
		return -EBUSY;
	}
	__set_bit(bit, &t->claimed);
	return 0;
}

/* The only wait without messages: the host completes its header. */
static int wait_ready(struct pvpci_wire *wire)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(pvpci_timeout_ms);
	u32 state;

	while ((state = pvpci_transport_host_state(&wire->transport)) == PVPCI_HOST_INIT) {
		if (time_after(jiffies, deadline)) {
			dev_err(&wire->pdev->dev, "Host did not become ready in %u ms.\n",
				pvpci_timeout_ms);
			return -ETIMEDOUT;
		}
		msleep(20);
	}
	if (state != PVPCI_HOST_READY) {
		dev_err(&wire->pdev->dev, "Host does not serve this bus (state %u).\n", state);
		return -ENODEV;
	}
	return 0;
}

/* The largest piece of addresses that the host bridge above has. */
static u64 largest_window(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;
	struct resource *res;
	u64 bytes = 0;
	int i;

	while (bus->parent)
		bus = bus->parent;
	pci_bus_for_each_resource(bus, res, i) {
		if (res && resource_type(res) == IORESOURCE_MEM)
			bytes = max_t(u64, bytes, resource_size(res));
	}
	return bytes;
}

/* Of BAR2, asked of itself: the kernel forgets it with the address that it did not find. */
static u64 bar2_bytes(struct pci_dev *pdev)
{
	const int bar = PCI_BASE_ADDRESS_2;
	u32 was[2], mask[2];
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	pci_write_config_word(pdev, PCI_COMMAND, command & ~PCI_COMMAND_MEMORY);
	for (int i = 0; i < 2; i++) {
		pci_read_config_dword(pdev, bar + 4 * i, &was[i]);
		pci_write_config_dword(pdev, bar + 4 * i, ~0);
		pci_read_config_dword(pdev, bar + 4 * i, &mask[i]);
		pci_write_config_dword(pdev, bar + 4 * i, was[i]);
	}
	pci_write_config_word(pdev, PCI_COMMAND, command);
	return ~((u64)mask[1] << 32 | (mask[0] & PCI_BASE_ADDRESS_MEM_MASK)) + 1;
}

/* Firmware and kernel found no room for BAR2. On x86 the kernel ends where the processor does. */
static void say_no_address(struct pvpci_wire *wire)
{
	unsigned int bits = fls64(iomem_resource.end);
	u64 bytes = bar2_bytes(wire->pdev);
	u64 window = largest_window(wire->pdev);

	/* Below it there is memory: it cannot have more than half of all. */
	if (bits < BITS_PER_LONG && bytes > 1ULL << bits >> 1)
		dev_err(&wire->pdev->dev,
			"BAR2 has no address: this processor has %u bits for one, which is %llu GiB for memory and all devices. Give the guest a processor with more (QEMU: -cpu ...,phys-bits=40, or host-phys-bits=on), or the bus smaller BARs.\n",
			bits, 1ULL << bits >> 30);
	else
		dev_err(&wire->pdev->dev,
			"BAR2 has no address: it needs %llu MiB, and the largest PCI window that firmware left has %llu. Have it leave a larger one (OVMF: -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=%llu), or give the bus smaller BARs.\n",
			bytes >> 20, window >> 20, bytes >> 20);
}

static int read_header(struct pvpci_wire *wire)
{
	struct pvpci_transport *t = &wire->transport;
	u64 bytes = pci_resource_len(wire->pdev, 2);
	struct pvpci_header copy;
	char why[PVPCI_WHY_BYTES];
	int ret;

	t->bar2 = pci_resource_start(wire->pdev, 2);
	if (!t->bar2) {
		say_no_address(wire);
		return -ENODEV;
	}
	if (bytes < 2 * PVPCI_PAGE_BYTES || !IS_ALIGNED(t->bar2, PVPCI_PAGE_BYTES)) {
		dev_err(&wire->pdev->dev, "BAR2 (%#llx bytes) is too short for a bus.\n",
			bytes);
		return -ENODEV;
	}
	ret = claim(wire, HEADER_BIT, 0, PVPCI_PAGE_BYTES);
	if (ret)
		return ret;
	t->header = map_ram(t->bar2, PVPCI_PAGE_BYTES);
	if (!t->header)
		return -ENOMEM;
	if (le64_to_cpu(READ_ONCE(t->header->magic)) == PVPCI_MAGIC) {
		ret = wait_ready(wire);
		if (ret)
			return ret;
	}
	/* The magic is written last. */
	virt_rmb();
	memcpy(&copy, t->header, sizeof(copy));
	/* Other programs use such functions, too. */
	if (le64_to_cpu(copy.magic) != PVPCI_MAGIC) {
		dev_info(&wire->pdev->dev, "This is no bus: no pvpci header in BAR2 (magic %#llx).\n",
			 le64_to_cpu(copy.magic));
		return -ENODEV;
	}
	ret = pvpci_layout_check(&copy, bytes, &wire->layout, why);
	if (ret)
		dev_err(&wire->pdev->dev, "Cannot use this bus: %s.\n", why);
	return ret;
}

static int map_areas(struct pvpci_wire *wire)
{
	struct pvpci_transport *t = &wire->transport;
	unsigned int i;
	int ret;

	for (i = 0; i < PVPCI_AREA_APERTURE; i++) {
		const struct pvpci_span *span = &wire->layout.area[i];

		if (!span->bytes)
			continue;
		ret = claim(wire, i, span->offset, span->bytes);
		if (ret)
			return ret;
		t->area[i] = map_ram(t->bar2 + span->offset, span->bytes);
		if (!t->area[i]) {
			dev_err(&wire->pdev->dev, "Cannot map area \"%s\".\n", pvpci_area_name(i));
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * pvpci_transport_init - map the function's BARs and check what is in them
 * @wire: its transport and layout are filled
 *
 * Context: process context.
 * Return: 0 or an errno; a sentence was logged then. pvpci_transport_exit()
 * undoes whatever was done in both cases.
 */
int pvpci_transport_init(struct pvpci_wire *wire)
{
	struct pvpci_transport *t = &wire->transport;
	int ret;

	if (pci_resource_len(wire->pdev, 0) <= PVPCI_IVSHMEM_DOORBELL) {
		dev_err(&wire->pdev->dev, "BAR0 has no doorbell.\n");
		return -ENODEV;
	}
	ret = pci_request_region(wire->pdev, 0, NAME);
	if (ret)
		return ret;
	t->regs = pci_ioremap_bar(wire->pdev, 0);
	if (!t->regs)
		return -ENOMEM;
	ret = read_header(wire);
	if (ret)
		return ret;
	t->doorbell = wire->layout.peer_id << 16 | wire->layout.peer_vector;
	return map_areas(wire);
}

/**
 * pvpci_transport_exit - give the BARs back
 * @wire: whose pvpci_transport_init() was called, whatever came of it
 */
void pvpci_transport_exit(struct pvpci_wire *wire)
{
	struct pvpci_transport *t = &wire->transport;
	unsigned int i;

	for (i = 0; i < PVPCI_AREA_COUNT; i++) {
		if (t->area[i])
			memunmap(t->area[i]);
		if (test_bit(i, &t->claimed))
			release_mem_region(t->bar2 + wire->layout.area[i].offset,
					   wire->layout.area[i].bytes);
		t->area[i] = NULL;
	}
	if (t->header)
		memunmap(t->header);
	t->header = NULL;
	if (test_bit(HEADER_BIT, &t->claimed))
		release_mem_region(t->bar2, PVPCI_PAGE_BYTES);
	t->claimed = 0;
	if (t->regs) {
		iounmap(t->regs);
		t->regs = NULL;
		pci_release_region(wire->pdev, 0);
	}
}

static irqreturn_t ring_interrupt(int irq, void *data)
{
	struct pvpci_requests *requests = data;

	pvpci_requests_poll(requests);
	/* A host that stops rings too: do not leave drivers waiting for the timer. */
	if (requests->ops->host_gone(requests->ctx))
		requests->ops->suspect(requests->ctx);
	return IRQ_HANDLED;
}

/**
 * pvpci_transport_enable_irq - allocate the transport's vectors, start vector 0
 * @wire: its requests are ready
 * @want: vectors at most, at least 1
 *
 * Return: 0 or an errno, with a sentence logged.
 */
int pvpci_transport_enable_irq(struct pvpci_wire *wire, unsigned int want)
{
	struct pvpci_transport *t = &wire->transport;
	int ret;

	ret = pci_alloc_irq_vectors(wire->pdev, 1, want, PCI_IRQ_MSIX);
	if (ret < 0) {
		dev_err(&wire->pdev->dev, "No MSI-X vector for the rings (%d).\n", ret);
		return ret;
	}
	t->nr_vectors = ret;
	/* Device vectors may share it (irq/vector.c), whose handlers are never threads. */
	ret = request_irq(pci_irq_vector(wire->pdev, 0), ring_interrupt,
			  IRQF_SHARED | IRQF_NO_THREAD, "pvpci-ring", &wire->requests);
	if (ret) {
		dev_err(&wire->pdev->dev, "No interrupt for the rings (%d).\n", ret);
		pci_free_irq_vectors(wire->pdev);
		t->nr_vectors = 0;
		return ret;
	}
	t->irq0 = pci_irq_vector(wire->pdev, 0);
	return 0;
}

/**
 * pvpci_transport_disable_irq - the opposite
 * @wire: the connection; all other users of its vectors have freed theirs
 *
 * The answer to the last request has rung, and a processor may have taken that interrupt from
 * its controller without having looked up whose it is, which free_irq() cannot see. An interrupt
 * handler is a reader of RCU, so it is waited for before what it looks up goes away. On arm64
 * the kernel did not survive it (irq_chip_eoi_parent() with chip data of nobody).
 *
 * Context: process context.
 */
void pvpci_transport_disable_irq(struct pvpci_wire *wire)
{
	struct pvpci_transport *t = &wire->transport;

	if (t->irq0)
		free_irq(t->irq0, &wire->requests);
	t->irq0 = 0;
	if (t->nr_vectors) {
		synchronize_rcu();
		pci_free_irq_vectors(wire->pdev);
	}
	t->nr_vectors = 0;
}

/**
 * pvpci_transport_doorbell - make the daemon look
 * @transport: of the bus
 *
 * Context: any.
 */
void pvpci_transport_doorbell(const struct pvpci_transport *transport)
{
	writel(transport->doorbell, transport->regs + PVPCI_IVSHMEM_DOORBELL);
}

/**
 * pvpci_transport_host_state - the host's state word, as it is now
 * @transport: of the bus
 *
 * Context: any.
 * Return: PVPCI_HOST_*, or whatever the host has put there.
 */
u32 pvpci_transport_host_state(const struct pvpci_transport *transport)
{
	return le32_to_cpu(READ_ONCE(transport->header->host.state));
}

/**
 * pvpci_transport_host_beat - the host's heartbeat, as it is now
 * @transport: of the bus
 *
 * Context: any.
 * Return: a number that changes while the host lives.
 */
u32 pvpci_transport_host_beat(const struct pvpci_transport *transport)
{
	return le32_to_cpu(READ_ONCE(transport->header->host.beat));
}

/**
 * pvpci_transport_host_sleeps - must the host be woken to see something?
 * @transport: of the bus
 *
 * Context: any; the caller has put what the host shall see into memory and
 * a full barrier after it.
 * Return: true when it must.
 */
bool pvpci_transport_host_sleeps(const struct pvpci_transport *transport)
{
	return READ_ONCE(transport->header->host.sleeping) != 0;
}

/**
 * pvpci_transport_set_guest - write the guest's state word
 * @transport: of the bus
 * @state: PVPCI_GUEST_*
 *
 * Context: any.
 */
void pvpci_transport_set_guest(struct pvpci_transport *transport, u32 state)
{
	/* Everything before is seen before. */
	virt_wmb();
	WRITE_ONCE(transport->header->guest.state, cpu_to_le32(state));
}
