// SPDX-License-Identifier: GPL-2.0
/*
 * Edges of memory-enable: the only moments when a config access waits for the
 * host.
 *
 * A driver reads its first register right after it has set the bit, and BARs
 * are plain memory, so the write must not return before the host has attached
 * them. PCI core writes config space with interrupts off where it takes its
 * own lock (everywhere but on x86, and for user space on x86 too). Newer kernels say
 * before that they enable a function for its driver: pvpci_config_enable(). Else
 * the wait looks at the ring instead of sleeping, for commit_timeout_ms at
 * most; everywhere else in the driver nothing waits with interrupts off.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"
#include "function/host_exchange.h"
#include "function/memory_enable.h"
#include "wire/message.h"
#include "wire/trace.h"

unsigned int pvpci_commit_timeout_ms = 4000;
module_param_named(commit_timeout_ms, pvpci_commit_timeout_ms, uint, 0644);
MODULE_PARM_DESC(commit_timeout_ms,
		 "how long memory-enable waits for the host where the kernel writes config space with interrupts off, in ms, whatever the host does");

static const char * const reasons[] = {
	[PVPCI_REASON_ENABLE]	= "enable",
	[PVPCI_REASON_REMOVE]	= "remove",
	[PVPCI_REASON_RESET]	= "reset",
	[PVPCI_REASON_POWER]	= "power",
	[PVPCI_REASON_MOVE]	= "move",
	[PVPCI_REASON_SIZING]	= "sizing",
	[PVPCI_REASON_USER]	= "user",
};

static_assert(ARRAY_SIZE(reasons) == PVPCI_REASON_COUNT);

/**
 * pvpci_reason_name - name of a reason
 * @reason: PVPCI_REASON_*, from anywhere
 *
 * Return: a constant string.
 */
const char *pvpci_reason_name(unsigned int reason)
{
	return reason < PVPCI_REASON_COUNT ? reasons[reason] : "unknown";
}

static void fill(struct pvpci_fn *fn, struct pvpci_msg_commit *msg, u16 command,
		 unsigned int reason)
{
	unsigned int i;

	lockdep_assert_held(&fn->lock);
	*msg = (struct pvpci_msg_commit){
		.msg.type = cpu_to_le16(PVPCI_MSG_COMMIT),
		.row = cpu_to_le32(fn->row),
		.instance = cpu_to_le32(fn->info.instance),
		.command = cpu_to_le16(command),
		.reason = cpu_to_le16(reason),
	};
	for (i = 0; i < PVPCI_NUM_BARS; i++) {
		const struct pvpci_bar_info *bar = &fn->info.bar[i];
		u64 offset = PVPCI_BAR_UNASSIGNED, address;

		if (bar->bytes) {
			address = fn->bar[i];
			if (bar->mem64)
				address |= (u64)fn->bar[i + 1] << 32;
			offset = pvpci_windows_place_of(&fn->bus->windows,
							address & ~(bar->bytes - 1), bar->bytes);
		}
		msg->offset[i] = cpu_to_le64(offset);
	}
}

/**
 * pvpci_memory_enable_account - one more edge on the accounts
 * @fn: the function
 * @reason: PVPCI_REASON_*
 * @ns: how long the guest waited
 * @host_ns: how long the host says that it took
 *
 * Context: pvpci_fn.lock held.
 */
void pvpci_memory_enable_account(struct pvpci_fn *fn, unsigned int reason, u64 ns, u64 host_ns)
{
	lockdep_assert_held(&fn->lock);
	fn->edges.count[reason]++;
	fn->edges.ns[reason] += ns;
	fn->edges.total_ns += ns;
	fn->edges.max_ns = max(fn->edges.max_ns, ns);
	fn->edges.host_ns += host_ns;
}

/* Memory-enable as the host shall know it. */
static u16 host_command(const struct pvpci_fn *fn, u16 command)
{
	return fn->power == PVPCI_POWER_D0 ? command : command & ~PCI_COMMAND_MEMORY;
}

/**
 * pvpci_memory_enable_resync - make the host believe once more what the guest believes
 * @fn: the function, of which something was not answered in time
 * @reason: PVPCI_REASON_*
 *
 * The host may still carry out what it has not answered. It serves requests in
 * their order, so the power state and memory-enable are said once more, in
 * requests whose answers nobody waits for. A ring that is full is left to the worker.
 *
 * Context: any.
 */
void pvpci_memory_enable_resync(struct pvpci_fn *fn, unsigned int reason)
{
	struct pvpci_requests *requests = &fn->bus->wire.requests;
	struct pvpci_msg_change power = {
		.msg.type = cpu_to_le16(PVPCI_MSG_POWER),
		.row = cpu_to_le32(fn->row),
		.instance = cpu_to_le32(fn->info.instance),
	};
	struct pvpci_msg_commit commit;
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&fn->lock, flags);
	power.value = cpu_to_le32(fn->power);
	fill(fn, &commit, fn->attached ? host_command(fn, fn->command) :
					 fn->command & ~PCI_COMMAND_MEMORY, reason);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	if (fn->bus->wire.features & PVPCI_F_POWER)
		ret = pvpci_request_post(requests, &power.msg);
	ret = ret ?: pvpci_request_post(requests, &commit.msg);
	if (ret != -EAGAIN)
		return;
	WRITE_ONCE(fn->exchange.out_of_sync, true);
	pvpci_work_look_later(fn->bus);
}

static bool has_place(const struct pvpci_fn *fn, const struct pvpci_msg_commit *msg)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (fn->info.bar[i].bytes && msg->offset[i] == cpu_to_le64(PVPCI_BAR_UNASSIGNED))
			return false;
	return true;
}

/* Has somebody moved or resized BARs? The worker takes a closer look, this one may be fleeting. */
static bool is_elsewhere(const struct pvpci_fn *fn, const struct pvpci_msg_commit *msg)
{
	unsigned int i;

	for (i = 0; i < PVPCI_NUM_BARS; i++)
		if (fn->info.bar[i].bytes &&
		    (READ_ONCE(fn->offset[i]) != le64_to_cpu(msg->offset[i]) ||
		     READ_ONCE(fn->placed_bytes[i]) != fn->info.bar[i].bytes))
			return true;
	return false;
}

/* Ask the host; the edge was begun with what is in @msg. */
static int edge(struct pvpci_fn *fn, struct pvpci_msg_commit *msg, bool may_sleep)
{
	unsigned int timeout = may_sleep ? pvpci_timeout_ms : pvpci_commit_timeout_ms;
	unsigned int reason = le16_to_cpu(msg->reason);
	u16 command = le16_to_cpu(msg->command);
	ktime_t start = ktime_get();
	unsigned long flags;
	u64 ns, host_ns;
	int ret;

	ret = pvpci_request(&fn->bus->wire.requests, &msg->msg, sizeof(*msg), timeout, may_sleep);
	if (ret == -ETIMEDOUT)
		pvpci_memory_enable_resync(fn, reason);
	ret = ret ?: pvpci_status_errno(le32_to_cpu(msg->msg.status));
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	host_ns = ret ? 0 : le64_to_cpu(msg->host_ns);

	raw_spin_lock_irqsave(&fn->lock, flags);
	if (!ret) {
		WRITE_ONCE(fn->command, command);
		fn->attached = command & PCI_COMMAND_MEMORY;
		if (fn->attached)
			fn->attach_reason = PVPCI_REASON_ENABLE;
		pvpci_config_mirror_command(fn);
		pvpci_memory_enable_account(fn, reason, ns, host_ns);
	} else {
		fn->edges.failed++;
	}
	raw_spin_unlock_irqrestore(&fn->lock, flags);

	if (!ret && command & PCI_COMMAND_MEMORY && is_elsewhere(fn, msg))
		pvpci_work_look(fn->bus);
	trace_pvpci_edge(fn->bus->domain, fn->info.devfn, command, reason, ns, host_ns, ret);
	if (ret && pvpci_state_answers(fn->bus))
		dev_err(&fn->bus->pdev->dev, "Host did not %s %s (%s): %s.\n",
			command & PCI_COMMAND_MEMORY ? "attach" : "detach", fn->name,
			pvpci_reason_name(reason), ret == -ETIMEDOUT ? "no answer in time" :
			ret == -EPIPE ? "it has stopped" :
			pvpci_status_name(le32_to_cpu(msg->msg.status)));
	return ret;
}

/* Write the register, or fill the message when that is an edge for the host. */
static bool is_edge(struct pvpci_fn *fn, u16 mask, u16 value, unsigned int reason,
		    struct pvpci_msg_commit *msg)
{
	unsigned long flags;
	u16 command;
	bool edge;

	raw_spin_lock_irqsave(&fn->lock, flags);
	command = ((fn->command & ~mask) | (value & mask)) & PVPCI_COMMAND_WRITABLE;
	edge = !pvpci_life_settles(fn) &&
	       fn->attached != !!(host_command(fn, command) & PCI_COMMAND_MEMORY);
	if (edge) {
		fill(fn, msg, command, reason);
	} else {
		if ((command ^ fn->command) & PCI_COMMAND_MEMORY)
			fn->edges.absorbed++;
		WRITE_ONCE(fn->command, command);
		pvpci_config_mirror_command(fn);
	}
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return edge;
}

/**
 * pvpci_command_write - write the command register
 * @fn: the function
 * @mask: bits written
 * @value: their values
 * @reason: PVPCI_REASON_* in case memory-enable changes
 * @may_sleep: how to wait for the host then
 *
 * Context: any when @may_sleep is false.
 * Return: 0; an errno when the host did not follow, the register is as before
 * then.
 */
int pvpci_command_write(struct pvpci_fn *fn, u16 mask, u16 value, unsigned int reason,
			bool may_sleep)
{
	struct pvpci_msg_commit msg;
	int ret = pvpci_host_exchange_begin(fn, may_sleep);

	if (ret)
		return ret;
	if (is_edge(fn, mask, value, reason, &msg))
		ret = edge(fn, &msg, may_sleep);
	pvpci_host_exchange_end(fn, may_sleep);
	return ret;
}

/* Is memory-enable set in a function that the host hears of? */
static bool is_enabled(struct pvpci_fn *fn, u16 command, unsigned int reason,
		       struct pvpci_msg_commit *msg)
{
	unsigned long flags;
	bool enabled;

	raw_spin_lock_irqsave(&fn->lock, flags);
	enabled = fn->life == PVPCI_LIFE_LIVE && host_command(fn, fn->command) & PCI_COMMAND_MEMORY;
	if (enabled)
		fill(fn, msg, (fn->command & ~PCI_COMMAND_MEMORY) | command, reason);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return enabled;
}

/* Detached, but the command register says what it said. The exchange was begun. */
static int detach_enabled(struct pvpci_fn *fn, unsigned int reason, bool may_sleep)
{
	struct pvpci_msg_commit msg;
	unsigned long flags;
	int ret;

	if (!READ_ONCE(fn->attached) || !is_enabled(fn, 0, reason, &msg))
		return 0;
	ret = edge(fn, &msg, may_sleep);
	raw_spin_lock_irqsave(&fn->lock, flags);
	WRITE_ONCE(fn->command, fn->command | PCI_COMMAND_MEMORY);
	pvpci_config_mirror_command(fn);
	raw_spin_unlock_irqrestore(&fn->lock, flags);
	return ret;
}

/**
 * pvpci_memory_enable_move - BARs have been written while memory-enable is set
 * @fn: the function
 * @may_sleep: how to wait for the host
 *
 * A device decodes a new address at once. PCI core writes 32-bit BARs so
 * (pci_std_update_resource()). Where the new address is in no window the function
 * decodes nothing until it is written once more.
 *
 * Context: any when @may_sleep is false.
 * Return: 0; an errno when the host did not follow: it decodes nothing then.
 */
int pvpci_memory_enable_move(struct pvpci_fn *fn, bool may_sleep)
{
	struct pvpci_msg_commit msg;
	int ret = pvpci_host_exchange_begin(fn, may_sleep);

	if (ret)
		return ret;
	ret = detach_enabled(fn, PVPCI_REASON_MOVE, may_sleep);
	if (!ret && is_enabled(fn, PCI_COMMAND_MEMORY, PVPCI_REASON_MOVE, &msg) &&
	    has_place(fn, &msg))
		ret = edge(fn, &msg, may_sleep);
	pvpci_host_exchange_end(fn, may_sleep);
	return ret;
}

/**
 * pvpci_memory_enable_hide - PCI core forgets a function
 * @fn: live; hidden when this returns
 *
 * PCI core may find it once more and place it elsewhere, where others are attached
 * now. So it is detached, whatever its command register says, until it is settled.
 *
 * Context: process context.
 */
void pvpci_memory_enable_hide(struct pvpci_fn *fn)
{
	if (pvpci_life(fn) == PVPCI_LIFE_LIVE && pvpci_state_answers(fn->bus) &&
	    !pvpci_host_exchange_begin(fn, true)) {
		detach_enabled(fn, PVPCI_REASON_REMOVE, true);
		pvpci_host_exchange_end(fn, true);
	}
	pvpci_life_set(fn, PVPCI_LIFE_HIDDEN);
}

/**
 * pvpci_memory_enable_settle - discovery and assignment of a function are over
 * @fn: placed
 *
 * From now on the host hears of every edge. It hears of one now only when
 * PCI core has left memory-enable other than it was handed off.
 *
 * Context: process context.
 * Return: 0 or an errno.
 */
int pvpci_memory_enable_settle(struct pvpci_fn *fn)
{
	if (!pvpci_life_set(fn, PVPCI_LIFE_LIVE))
		return 0;
	return pvpci_command_write(fn, 0, 0, PVPCI_REASON_ENABLE, true);
}

/**
 * pvpci_memory_enable_off - memory-enable and bus master off, for good
 * @fn: leaving; no driver uses it any more
 * @reason: PVPCI_REASON_*
 *
 * Context: process context.
 */
void pvpci_memory_enable_off(struct pvpci_fn *fn, unsigned int reason)
{
	if (pvpci_state_answers(fn->bus))
		pvpci_command_write(fn, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0, reason, true);
}
