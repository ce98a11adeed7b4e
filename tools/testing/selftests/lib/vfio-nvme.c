// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-nvme GROUP FUNCTION COMMANDS GO: a driver of an NVMe controller in user space, as small
 * as one can be. It opens the group, resets the function, maps BAR 0, starts the controller with
 * an admin queue and asks who it is, waiting for an MSI-X interrupt each time. It says "drives
 * SERIAL", waits until the file GO is there, asks COMMANDS times more, and says "done". With 0
 * commands it stays until it is killed.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096UL
#define ENTRIES		16		/* of each queue */
#define WAIT_MS		60000

#define PCI_COMMAND	0x04
#define MEMORY_MASTER	0x0006

#define REG_CAP		0x00
#define REG_VS		0x08
#define REG_CC		0x14
#define REG_CSTS	0x1c
#define REG_AQA		0x24
#define REG_ASQ		0x28
#define REG_ACQ		0x30
#define REG_DOORBELL	0x1000

#define IDENTIFY	0x06
#define CNS_CONTROLLER	1

struct command {
	uint32_t opcode, nsid, reserved[4];
	uint64_t prp1, prp2;
	uint32_t cdw10, more[5];
};

struct completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq_id, id, status;
};

struct nvme {
	int device, interrupt;
	volatile uint8_t *bar;
	struct command *sq;
	volatile struct completion *cq;
	char *data;			/* a page each */
	unsigned int tail, head, phase, stride, interrupts;
};

static void die(const char *what)
{
	fprintf(stderr, "vfio-nvme: %s\n", what);
	exit(1);
}

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static uint32_t get(struct nvme *nvme, unsigned int reg)
{
	return le32toh(*(volatile uint32_t *)(nvme->bar + reg));
}

static void put(struct nvme *nvme, unsigned int reg, uint32_t value)
{
	__sync_synchronize();
	*(volatile uint32_t *)(nvme->bar + reg) = htole32(value);
}

static void put_address(struct nvme *nvme, unsigned int reg, uint64_t value)
{
	put(nvme, reg, (uint32_t)value);
	put(nvme, reg + 4, value >> 32);
}

/* Where a page of ours is: without an IOMMU the function wants the machine's address. */
static uint64_t address_of(const void *page)
{
	int file = must(open("/proc/self/pagemap", O_RDONLY), "pagemap");
	uint64_t entry = 0;

	if (pread(file, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) !=
	    sizeof(entry) || !(entry >> 63))
		die("no physical address of a page");
	close(file);
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

static void *page(void)
{
	void *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

	if (mem == MAP_FAILED)
		die("no memory");
	memset(mem, 0, PAGE);
	return mem;
}

/* The group is ours alone, and the function in it. */
static int open_function(const char *name, const char *function)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int container = must(open("/dev/vfio/vfio", O_RDWR), "/dev/vfio/vfio"), group;
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%s", name);
	group = must(open(path, O_RDWR), path);
	must(ioctl(group, VFIO_GROUP_GET_STATUS, &status), "GET_STATUS");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		die("somebody else has a function of the group");
	must(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "SET_CONTAINER");
	must(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU), "SET_IOMMU");
	return must(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, function), "GET_DEVICE_FD");
}

static void map_bar(struct nvme *nvme)
{
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t command = htole16(MEMORY_MASTER);
	void *mem;

	must(ioctl(nvme->device, VFIO_DEVICE_GET_REGION_INFO, &config), "config space");
	if (pwrite(nvme->device, &command, sizeof(command), config.offset + PCI_COMMAND) !=
	    sizeof(command))
		die("PCI_COMMAND cannot be written");
	must(ioctl(nvme->device, VFIO_DEVICE_GET_REGION_INFO, &bar), "BAR 0");
	if (!(bar.flags & VFIO_REGION_INFO_FLAG_MMAP))
		die("BAR 0 cannot be mapped");
	mem = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, nvme->device, bar.offset);
	if (mem == MAP_FAILED)
		die("BAR 0 is not mapped");
	nvme->bar = mem;
}

/* The first MSI-X vector, which the admin queue has, to a file of ours. */
static void listen(struct nvme *nvme)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX };
	char space[sizeof(struct vfio_irq_set) + sizeof(int32_t)] __attribute__((aligned(8)));
	struct vfio_irq_set *set = (void *)space;

	must(ioctl(nvme->device, VFIO_DEVICE_GET_IRQ_INFO, &info), "MSI-X");
	if (!info.count)
		die("no MSI-X");
	nvme->interrupt = must(eventfd(0, 0), "eventfd");
	*set = (struct vfio_irq_set){
		.argsz = sizeof(space), .index = VFIO_PCI_MSIX_IRQ_INDEX, .count = 1,
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	memcpy(set->data, &nvme->interrupt, sizeof(int32_t));
	must(ioctl(nvme->device, VFIO_DEVICE_SET_IRQS, set), "SET_IRQS");
}

static void until_ready(struct nvme *nvme, uint32_t ready)
{
	int ms;

	for (ms = 0; (get(nvme, REG_CSTS) & 1) != ready; ms++) {
		if (ms == WAIT_MS)
			die("the controller does not get ready");
		usleep(1000);
	}
}

static void start(struct nvme *nvme)
{
	uint64_t cap = get(nvme, REG_CAP) | (uint64_t)get(nvme, REG_CAP + 4) << 32;

	if (cap == ~0ULL || get(nvme, REG_VS) >> 16 != 1)
		die("BAR 0 has no registers of an NVMe controller");
	nvme->stride = 4U << (cap >> 32 & 0xf);
	put(nvme, REG_CC, 0);
	until_ready(nvme, 0);
	nvme->sq = page();
	nvme->cq = page();
	nvme->data = page();
	nvme->phase = 1;
	put(nvme, REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	put_address(nvme, REG_ASQ, address_of(nvme->sq));
	put_address(nvme, REG_ACQ, address_of((void *)nvme->cq));
	put(nvme, REG_CC, 4 << 20 | 6 << 16 | 1);
	until_ready(nvme, 1);
}

static void await_interrupt(struct nvme *nvme)
{
	struct pollfd wait = { .fd = nvme->interrupt, .events = POLLIN };
	uint64_t count;

	if (must(poll(&wait, 1, WAIT_MS), "poll") != 1 ||
	    read(nvme->interrupt, &count, sizeof(count)) != sizeof(count))
		die("no interrupt came");
	nvme->interrupts += count;
}

/* Ask the controller who it is, and take its word from its interrupt on. */
static void identify(struct nvme *nvme, char serial[21])
{
	uint16_t id = nvme->tail + 100;
	volatile struct completion *done = &nvme->cq[nvme->head];

	memset(nvme->data, 0, PAGE);
	nvme->sq[nvme->tail] = (struct command){
		.opcode = htole32(IDENTIFY | (uint32_t)id << 16),
		.prp1 = htole64(address_of(nvme->data)), .cdw10 = htole32(CNS_CONTROLLER),
	};
	nvme->tail = (nvme->tail + 1) % ENTRIES;
	put(nvme, REG_DOORBELL, nvme->tail);
	/* One that is called for nothing looks again. */
	do
		await_interrupt(nvme);
	while ((le16toh(done->status) & 1) != nvme->phase);
	__sync_synchronize();
	if (le16toh(done->status) >> 1 || le16toh(done->id) != id)
		die("the command failed");
	nvme->head = (nvme->head + 1) % ENTRIES;
	nvme->phase ^= !nvme->head;
	put(nvme, REG_DOORBELL + nvme->stride, nvme->head);
	memcpy(serial, nvme->data + 4, 20);
	serial[20] = '\0';
	*strchrnul(serial, ' ') = '\0';
}

int main(int argc, char **argv)
{
	struct nvme nvme = { 0 };
	char first[21], serial[21];
	long commands;

	if (argc != 5) {
		fprintf(stderr, "usage: vfio-nvme GROUP FUNCTION COMMANDS GO\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	nvme.device = open_function(argv[1], argv[2]);
	must(ioctl(nvme.device, VFIO_DEVICE_RESET), "RESET");
	map_bar(&nvme);
	listen(&nvme);
	start(&nvme);
	identify(&nvme, first);
	printf("drives %s\n", first);
	commands = strtol(argv[3], NULL, 0);
	while (!commands)
		pause();
	while (access(argv[4], F_OK))
		usleep(1000);
	for (; commands; commands--) {
		identify(&nvme, serial);
		if (strcmp(first, serial))
			die("it is another one now");
	}
	printf("done, %u interrupts\n", nvme.interrupts);
	return 0;
}
