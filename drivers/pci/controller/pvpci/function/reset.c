// SPDX-License-Identifier: GPL-2.0
/*
 * Reset and power states of one function.
 *
 * Both are writes of config space that must not return before the host has
 * carried them out: PCI core waits 100 ms after a function level reset and then
 * believes in it. Both detach, on the accounts of memory-enable.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/pci.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/function.h"
#include "function/host_exchange.h"
#include "function/memory_enable.h"
#include "function/reset.h"
#include "wire/message.h"
#include "wire/trace.h"

static int ask(struct pvpci_fn *fn, u16 type, u32 value, bool may_sleep, u64 *host_ns)
{
	struct pvpci_msg_change msg = {
		.msg.type = cpu_to_le16(type),
		.row = cpu_to_le32(fn->row),
		.instance = cpu_to_le32(fn->info.instance),
		.value = cpu_to_le32(value),
	};
	unsigned int timeout = may_sleep ? pvpci_timeout_ms : pvpci_commit_timeout_ms;
	int ret = pvpci_request(&fn->bus->wire.requests, &msg.msg, sizeof(msg), timeout, may_sleep);
	u32 status = le32_to_cpu(msg.msg.status);

	if ((ret || status) && pvpci_state_answers(fn->bus))
		dev_err(&fn->bus->pdev->dev, "Host did not carry out %s %u of %s: %s.\n",
			pvpci_message_name(type), value, fn->name,
			ret == -ETIMEDOUT ? "no answer in time" :
			ret ? "it has stopped" : pvpci_status_name(status));
	*host_ns = le64_to_cpu(msg.host_ns);
	return ret ?: pvpci_status_errno(status);
}

/* The host has detached it meanwhile: what the guest keeps follows. */
static void detached(struct pvpci_fn *fn, unsigned int reason, u64 ns, u64 host_ns)
{
	lockdep_assert_held(&fn->lock);
	if (fn->attached)
		pvpci_memory_enable_account(fn, reason, ns, host_ns);
	fn->attached = false;
}

/* One change, with the exchange begun. */
static int change(struct pvpci_fn *fn, u16 type, u32 value, bool resets, bool may_sleep)
{
	unsigned int reason = type == PVPCI_MSG_RESET ? PVPCI_REASON_RESET : PVPCI_REASON_POWER;
	ktime_t start = ktime_get();
	bool was_attached = fn->attached;
	unsigned long flags;
	u64 ns, host_ns;
	int ret;

	ret = ask(fn, type, value, may_sleep, &host_ns);
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	/*
	 * What was not answered in time may still be done, and a reset cannot be
	 * taken back: it counts as done, and the host hears what follows from that.
	 */
	if (!ret || ret == -ETIMEDOUT) {
		raw_spin_lock_irqsave(&fn->lock, flags);
		detached(fn, reason, ns, host_ns);
		fn->power = type == PVPCI_MSG_POWER ? value : PVPCI_POWER_D0;
		if (resets) {
			pvpci_config_reset(fn);
			fn->attach_reason = reason;
		}
		raw_spin_unlock_irqrestore(&fn->lock, flags);
	}
	if (ret == -ETIMEDOUT)
		pvpci_memory_enable_resync(fn, reason);
	if (was_attached || ret)
		trace_pvpci_edge(fn->bus->domain, fn->info.devfn,
				 fn->command & ~PCI_COMMAND_MEMORY, reason, ns, host_ns, ret);
	return ret;
}

/**
 * pvpci_reset_asked - is that write of config space a function level reset?
 * @fn: the function
 * @reg: register, a multiple of 4
 * @bits: bits written
 * @value: their values
 *
 * Context: any.
 * Return: false, too, when the host does it the way of protocol 1.0: it looks.
 */
bool pvpci_reset_asked(const struct pvpci_fn *fn, int reg, u32 bits, u32 value)
{
	return fn->bus->wire.features & PVPCI_F_RESET && fn->express &&
	       reg == fn->express + PCI_EXP_DEVCTL && bits & value & PCI_EXP_DEVCTL_BCR_FLR;
}

/**
 * pvpci_reset - reset a function
 * @fn: the function
 * @kind: PVPCI_RESET_*
 * @may_sleep: how to wait for the host
 *
 * Context: any when @may_sleep is false.
 * Return: 0 when the host has done it; -EOPNOTSUPP with protocol 1.0; another
 * errno with a sentence logged. After -ETIMEDOUT both sides have it detached.
 */
int pvpci_reset(struct pvpci_fn *fn, unsigned int kind, bool may_sleep)
{
	int ret;

	if (!(fn->bus->wire.features & PVPCI_F_RESET))
		return -EOPNOTSUPP;
	ret = pvpci_host_exchange_begin(fn, may_sleep);
	if (ret)
		return ret;
	ret = change(fn, PVPCI_MSG_RESET, kind, true, may_sleep);
	pvpci_host_exchange_end(fn, may_sleep);
	return ret;
}

/**
 * pvpci_power_asked - does that write of config space concern the power state?
 * @fn: the function
 * @reg: register, a multiple of 4
 * @bits: bits written
 *
 * Context: any.
 * Return: false, too, with protocol 1.0: the state is a number that nobody looks at.
 */
bool pvpci_power_asked(const struct pvpci_fn *fn, int reg, u32 bits)
{
	return fn->bus->wire.features & PVPCI_F_POWER && fn->power_cap &&
	       reg == fn->power_cap + PCI_PM_CTRL && bits & PCI_PM_CTRL_STATE_MASK;
}

/**
 * pvpci_power_write - the power state is written
 * @fn: the function
 * @value: of PMCSR; a state that the function does not have becomes the one it is in
 * @may_sleep: how to wait for the host
 *
 * Back in D0 a function that keeps its registers decodes again when they say so.
 *
 * Context: any when @may_sleep is false.
 * Return: 0 or an errno with a sentence logged. The state is as before then, but for
 * -ETIMEDOUT: the guest takes it as changed, and tells the host once more.
 */
int pvpci_power_write(struct pvpci_fn *fn, u32 *value, bool may_sleep)
{
	u32 state = *value & PCI_PM_CTRL_STATE_MASK;
	bool keeps = le16_to_cpu(READ_ONCE(*(const __le16 *)(fn->config + fn->power_cap +
							     PCI_PM_CTRL))) &
		     PCI_PM_CTRL_NO_SOFT_RESET;
	int ret;

	ret = pvpci_host_exchange_begin(fn, may_sleep);
	if (ret)
		return ret;
	if (state != PVPCI_POWER_D0 && state != PVPCI_POWER_D3HOT)
		state = fn->power;
	*value = (*value & ~PCI_PM_CTRL_STATE_MASK) | state;
	if (state != fn->power)
		ret = change(fn, PVPCI_MSG_POWER, state, state == PVPCI_POWER_D0 && !keeps,
			     may_sleep);
	pvpci_host_exchange_end(fn, may_sleep);
	if ((!ret || ret == -ETIMEDOUT) && state == PVPCI_POWER_D0)
		pvpci_command_write(fn, 0, 0, PVPCI_REASON_POWER, may_sleep);
	return ret;
}
