// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of a Standard Hot-Plug Controller (SHPC specification 1.0, 4). What
 * to write and what a reading means is decided elsewhere.
 */
#define dev_fmt(fmt) "pciehp_pv: " fmt

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include "pciehp_pv.h"
#include "shpc.h"
#include "trace.h"

/* The capability: a window to the register set, for what must be known to map it. */
#define CAP_SELECT		2
#define CAP_DATA		4
#define SELECT_BASE_OFFSET	0
#define SELECT_SLOT_CONFIG	3

/* Slot Configuration */
#define CONFIG_SLOTS		GENMASK(4, 0)
#define CONFIG_FIRST_DEVICE	GENMASK(12, 8)
#define CONFIG_FIRST_NUMBER	GENMASK(26, 16)
#define CONFIG_NUMBERS_UP	BIT(29)

/* The register set; bytes and words of it are written by themselves. */
#define COMMAND			0x14	/* word: code, target */
#define COMMAND_STATUS		0x16	/* word */
#define COMMAND_BUSY		BIT(0)
#define COMMAND_ERRORS		GENMASK(3, 1)
#define INTERRUPT_LOCATOR	0x18
#define SERR_INT		0x20	/* first byte: what is masked */
#define MASK_SERR_AND_COMMAND	0x0e
#define MASK_INTERRUPTS		0x01
#define SLOT(index)		(0x24 + 4 * (index))
#define SLOT_LATCH(index)	(SLOT(index) + 2)
#define SLOT_MASK(index)	(SLOT(index) + 3)

/* Status of a slot, and the code of a command that changes it. */
#define SLOT_STATE		GENMASK(1, 0)
#define STATE_ENABLED		2
#define STATE_DISABLED		3
#define SLOT_INDICATOR		GENMASK(3, 2)
#define SLOT_ATTENTION		GENMASK(5, 4)
#define LIGHT_ON		1
#define LIGHT_BLINKS		2
#define LIGHT_OFF		3
#define SLOT_LATCH_OPEN		BIT(8)
#define SLOT_PRESENCE		GENMASK(11, 10)
#define PRESENCE_EMPTY		3

/* Latched events of a slot, and their masks. */
#define EVENT_PRESENCE		BIT(0)
#define EVENT_ISOLATED_FAULT	BIT(1)
#define EVENT_BUTTON		BIT(2)
#define EVENT_LATCH		BIT(3)
#define EVENT_CONNECTED_FAULT	BIT(4)
#define EVENTS			GENMASK(4, 0)
#define SERR_MASKS		GENMASK(6, 5)

#define COMMAND_TIMEOUT_MS	1000
#define COLLECT_ROUNDS		8	/* a bit that is stuck must not keep us */

static u32 read_indirect(struct pci_dev *bridge, u8 select)
{
	u8 cap = pci_find_capability(bridge, PCI_CAP_ID_SHPC);
	u32 value = 0;

	pci_write_config_byte(bridge, cap + CAP_SELECT, select);
	pci_read_config_dword(bridge, cap + CAP_DATA, &value);
	return value;
}

static resource_size_t regs_bytes(struct hpv_shpc *shpc)
{
	return SLOT(shpc->nr_slots);
}

static resource_size_t regs_start(struct hpv_shpc *shpc)
{
	return pci_resource_start(shpc->bridge, 0) +
	       read_indirect(shpc->bridge, SELECT_BASE_OFFSET);
}

/**
 * hpv_shpc_map - learn what there is of a controller and map its registers
 * @shpc: with @shpc->bridge set and enabled
 *
 * Return: 0; -ENODEV for one that makes no sense, -EBUSY, -ENOMEM.
 */
int hpv_shpc_map(struct hpv_shpc *shpc)
{
	u32 config = read_indirect(shpc->bridge, SELECT_SLOT_CONFIG);
	resource_size_t start = regs_start(shpc), bytes;

	shpc->nr_slots = FIELD_GET(CONFIG_SLOTS, config);
	shpc->first_device = FIELD_GET(CONFIG_FIRST_DEVICE, config);
	shpc->first_number = FIELD_GET(CONFIG_FIRST_NUMBER, config);
	shpc->numbers_up = config & CONFIG_NUMBERS_UP;
	bytes = regs_bytes(shpc);
	if (!shpc->nr_slots || shpc->first_device + shpc->nr_slots > 32 ||
	    start + bytes - 1 > pci_resource_end(shpc->bridge, 0))
		return -ENODEV;
	if (!request_mem_region(start, bytes, "pciehp_pv"))
		return -EBUSY;
	shpc->regs = ioremap(start, bytes);
	if (!shpc->regs) {
		release_mem_region(start, bytes);
		return -ENOMEM;
	}
	return 0;
}

/**
 * hpv_shpc_unmap - undo hpv_shpc_map()
 * @shpc: the controller
 */
void hpv_shpc_unmap(struct hpv_shpc *shpc)
{
	iounmap(shpc->regs);
	release_mem_region(regs_start(shpc), regs_bytes(shpc));
}

/**
 * hpv_shpc_notify - let the controller interrupt, or not
 * @shpc: the controller
 * @on: whether
 *
 * Completion of commands is polled for: QEMU's is immediate.
 */
void hpv_shpc_notify(struct hpv_shpc *shpc, bool on)
{
	u8 masked = on ? EVENT_LATCH : EVENTS;
	unsigned int index;

	for (index = 0; index < shpc->nr_slots; index++)
		writeb(masked | SERR_MASKS, shpc->regs + SLOT_MASK(index));
	writeb(MASK_SERR_AND_COMMAND | (on ? 0 : MASK_INTERRUPTS), shpc->regs + SERR_INT);
}

/**
 * hpv_shpc_clear - drop latched events
 * @shpc: the controller
 */
void hpv_shpc_clear(struct hpv_shpc *shpc)
{
	unsigned int index;

	for (index = 0; index < shpc->nr_slots; index++)
		writeb(EVENTS, shpc->regs + SLOT_LATCH(index));
}

/**
 * hpv_shpc_pending - which slots have latched something?
 * @shpc: the controller
 *
 * Context: any.
 *
 * Return: a bit for each slot; 0 also when the controller does not answer.
 */
u32 hpv_shpc_pending(struct hpv_shpc *shpc)
{
	u32 locator = readl(shpc->regs + INTERRUPT_LOCATOR);

	return PCI_POSSIBLE_ERROR(locator) ? 0 : locator >> 1;
}

static u32 status(struct hpv_slot *slot)
{
	return readl(slot->shpc->regs + SLOT(slot->index));
}

static enum hpv_event level(struct hpv_slot *slot)
{
	u32 now = status(slot);
	bool present = !PCI_POSSIBLE_ERROR(now) &&
		       FIELD_GET(SLOT_PRESENCE, now) != PRESENCE_EMPTY;

	return hpv_level(present, present);
}

static bool wait_command(struct hpv_shpc *shpc, u16 *status)
{
	unsigned long end = jiffies + msecs_to_jiffies(COMMAND_TIMEOUT_MS) + 1;
	bool late;

	do {
		late = time_after(jiffies, end);
		*status = readw(shpc->regs + COMMAND_STATUS);
		if (!(*status & COMMAND_BUSY))
			return true;
		usleep_range(50, 200);
	} while (!late);
	return false;
}

/* A Slot Operation: fields of @code that are 0 stay as they are. */
static int command(struct hpv_slot *slot, u8 code)
{
	struct hpv_shpc *shpc = slot->shpc;
	u16 result = 0;
	int ret = -EIO;

	mutex_lock(&shpc->command_lock);
	if (wait_command(shpc, &result)) {
		writew((slot->index + 1) << 8 | code, shpc->regs + COMMAND);
		if (wait_command(shpc, &result) && !(result & COMMAND_ERRORS))
			ret = 0;
	}
	mutex_unlock(&shpc->command_lock);
	if (ret)
		pci_warn(slot->port, "slot %s: the controller refuses %#04x, status %#06x\n",
			 hpv_name(slot), code, result);
	return ret;
}

static void control(struct hpv_slot *slot, u32 actions)
{
	u32 now = status(slot), wanted = 0, mask = 0;

	if (actions & HPV_POWER_ON) {
		spin_lock_irq(&slot->event_lock);
		slot->fault = false;
		spin_unlock_irq(&slot->event_lock);
	}
	if (actions & (HPV_POWER_ON | HPV_POWER_OFF)) {
		mask |= SLOT_STATE;
		wanted |= actions & HPV_POWER_ON ? STATE_ENABLED : STATE_DISABLED;
	}
	if (actions & (HPV_IND_ON | HPV_IND_BLINK | HPV_IND_OFF)) {
		mask |= SLOT_INDICATOR;
		wanted |= FIELD_PREP(SLOT_INDICATOR, actions & HPV_IND_ON ? LIGHT_ON :
				     actions & HPV_IND_BLINK ? LIGHT_BLINKS : LIGHT_OFF);
	}
	if (actions & (HPV_ATTN_ON | HPV_ATTN_OFF)) {
		mask |= SLOT_ATTENTION;
		wanted |= FIELD_PREP(SLOT_ATTENTION,
				     actions & HPV_ATTN_ON ? LIGHT_ON : LIGHT_OFF);
	}
	if ((now & mask) != wanted)
		command(slot, wanted);
}

/* What was latched together is kept together, see hpv_decode(). */
static bool collect(struct hpv_slot *slot)
{
	void __iomem *latch = slot->shpc->regs + SLOT_LATCH(slot->index);
	unsigned long flags;
	bool any = false;
	u16 events;
	u8 bits;
	int round;

	spin_lock_irqsave(&slot->event_lock, flags);
	for (round = 0; round < COLLECT_ROUNDS; round++) {
		bits = readb(latch);
		if (bits == 0xff || !(bits & EVENTS))
			break;
		writeb(bits & EVENTS, latch);
		any = true;
		events = bits & EVENT_BUTTON ? HPV_STA_ABP : 0;
		if (bits & EVENT_PRESENCE)
			events |= HPV_STA_PDC;
		if (bits & (EVENT_ISOLATED_FAULT | EVENT_CONNECTED_FAULT) && !slot->fault)
			events |= HPV_STA_PFD;
		slot->fault |= events & HPV_STA_PFD;
		trace_pciehp_pv_status(slot, events);
		if (events && !hpv_queue_push(&slot->queue, events))
			slot->recheck = true;
	}
	spin_unlock_irqrestore(&slot->event_lock, flags);
	return any;
}

static int read_power(struct hpv_slot *slot, u8 *on)
{
	*on = FIELD_GET(SLOT_STATE, status(slot)) != STATE_DISABLED;
	return 0;
}

static int read_attention(struct hpv_slot *slot, u8 *attention)
{
	u32 light = FIELD_GET(SLOT_ATTENTION, status(slot));

	*attention = light == LIGHT_ON || light == LIGHT_BLINKS ? light : 0;
	return 0;
}

static int write_attention(struct hpv_slot *slot, u8 attention)
{
	if (attention > 2)
		return -EINVAL;
	return command(slot, FIELD_PREP(SLOT_ATTENTION, attention ?: LIGHT_OFF));
}

static int read_latch(struct hpv_slot *slot, u8 *open)
{
	*open = !!(status(slot) & SLOT_LATCH_OPEN);
	return 0;
}

const struct hpv_slot_ops hpv_shpc_ops = {
	.level = level,
	.control = control,
	.collect = collect,
	.read_power = read_power,
	.read_attention = read_attention,
	.write_attention = write_attention,
	.read_latch = read_latch,
};
