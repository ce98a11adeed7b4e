// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe: what the bus calls.
 *
 * The controller's state belongs to the function, not to its BAR: while
 * memory-enable is clear the registers, doorbells and queues are kept, as a
 * real controller keeps them, and the driver can go on where it was.
 */
#include <linux/pvpci_testdev.h>

#include "base/error.h"
#include "nvme.h"

#define CLASS_NVME	0x010802	/* mass storage, NVM, NVM Express */
#define SLOW_MS		100
#define FILE_MS		1000

static void power_on(struct nvme_ctrl *ctrl)
{
	ctrl->state = NVME_OFF;
	ctrl->shutdown = NVME_SHUT_NONE;
	ctrl->cc = 0;
	ctrl->csts = 0;
	ctrl->page_shift = 12;
	ctrl->warning = 0;
	ctrl->quiescing = false;
	ctrl->last_flush = false;
	nvme_features_reset(ctrl);
	nvme_regs_reset(ctrl);
}

static void nvme_destroy(void *model)
{
	struct nvme_ctrl *ctrl = model;
	unsigned int i;

	nvme_ctrl_drain(ctrl);
	nvme_ctrl_reset(ctrl);
	for (i = 0; i < ctrl->namespaces; i++)
		nvme_ns_close(ctrl, &ctrl->ns[i]);
	nvme_share_leave(ctrl);
	nvme_requests_free(ctrl);
	ctrl->bytes = 0;
}

static bool nvme_close(void *model)
{
	struct nvme_ctrl *ctrl = model;
	bool closed = true;
	unsigned int i;

	/* Nobody comes to share what is being closed. */
	nvme_share_leave(ctrl);
	for (i = 0; i < ctrl->namespaces; i++)
		closed &= nvme_ns_closed(ctrl, &ctrl->ns[i]);
	return closed;
}

static void *nvme_create(struct function *fn, json_t *conf, struct error *err)
{
	bool found;
	struct nvme_ctrl *ctrl = function_keep(fn, sizeof(*ctrl), &found);

	if (!ctrl || (found && !nvme_is_sane(ctrl))) {
		error_set(err, ctrl ? "its state is not one of a controller" : "out of memory");
		return NULL;
	}
	ctrl->fn = fn;
	ctrl->found = found;
	nvme_forget_pointers(ctrl);
	nvme_journal_open(ctrl);
	if (nvme_configure(ctrl, conf, err))
		goto destroy;
	function_set_ids(fn, PVPCI_VENDOR, PVPCI_DEVICE_NVME, CLASS_NVME, 1,
			 PVPCI_VENDOR, PVPCI_DEVICE_NVME);
	if (function_add_bar(fn, 0, ctrl->bar_bytes, true, false, err) ||
	    function_add_msix(fn, ctrl->queues + 1, 0, NVME_BAR_MSIX, NVME_BAR_PBA, err))
		goto destroy;
	if (found)
		return ctrl;
	ctrl->totals.power_on_ms = nvme_now_ms();
	power_on(ctrl);
	ctrl->bytes = sizeof(*ctrl);
	return ctrl;

destroy:
	/* Nothing of what was found is served any more. */
	ctrl->state = NVME_OFF;
	nvme_destroy(ctrl);
	return NULL;
}

static void nvme_attach(void *model)
{
	struct nvme_ctrl *ctrl = model;

	ctrl->quiescing = false;
	ctrl->last_flush = false;
	nvme_regs_attach(ctrl);
}

static bool nvme_quiesce(void *model, bool last)
{
	return nvme_ctrl_quiesce(model, last);
}

static void nvme_detach(void *model)
{
	struct nvme_ctrl *ctrl = model;

	/* Completions are still posted; those without room wait for the next attach. */
	nvme_ctrl_drain(ctrl);
	nvme_ctrl_progress(ctrl);
	nvme_ctrl_drain(ctrl);
	nvme_ctrl_progress(ctrl);
	nvme_queues_signal(ctrl, true);
	nvme_regs_detach(ctrl);
}

static void nvme_reset(void *model)
{
	struct nvme_ctrl *ctrl = model;

	if (ctrl->state != NVME_OFF && ctrl->shutdown != NVME_SHUT_DONE)
		ctrl->unsafe_shutdowns++;
	nvme_ctrl_drain(ctrl);
	nvme_ctrl_reset(ctrl);
	power_on(ctrl);
}

/* What may be late: reserved registers, odd doorbells, sizes of files. */
static void slow_look(struct nvme_ctrl *ctrl)
{
	uint64_t now = nvme_now_ms();

	if (now - ctrl->slow_ms < SLOW_MS)
		return;
	if (ctrl->backend && ctrl->slow_ms)
		ctrl->totals.busy_ms += now - ctrl->slow_ms;
	ctrl->slow_ms = now;
	nvme_regs_slow(ctrl);
	if (ctrl->state == NVME_READY)
		nvme_queues_check(ctrl);
	nvme_ns_leave(ctrl);
	if (now - ctrl->file_ms < FILE_MS)
		return;
	ctrl->file_ms = now;
	nvme_ns_check(ctrl);
}

static bool nvme_poll(void *model)
{
	struct nvme_ctrl *ctrl = model;
	bool found;

	if (!ctrl->bar)
		return false;
	ctrl->totals.polls++;
	if (ctrl->quiescing) {
		found = nvme_ctrl_reap(ctrl);
		return nvme_queues_signal(ctrl, true) || found;
	}
	if (ctrl->adopting)
		nvme_journal_again(ctrl);
	if (ctrl->adopting)
		return false;
	found = nvme_regs_poll(ctrl);
	if (ctrl->resuming)
		nvme_resume_poll(ctrl);
	if (ctrl->state == NVME_READY)
		found |= nvme_queues_poll(ctrl);
	found |= nvme_ctrl_reap(ctrl);
	if (ctrl->state == NVME_STOPPING || ctrl->shutdown)
		found |= nvme_ctrl_progress(ctrl);
	found |= nvme_queues_signal(ctrl, false);
	/* The clock is not free: look at it when idle, and now and then. */
	if (!found || !(ctrl->totals.polls & 63))
		slow_look(ctrl);
	return found;
}

static bool nvme_busy(void *model)
{
	const struct nvme_ctrl *ctrl = model;

	return ctrl->backend || ctrl->signals || ctrl->state == NVME_STOPPING;
}

static const char *const nvme_keys[] = { "namespaces", "queues", "bar_bytes", "share", NULL };

const struct model_ops nvme_model = {
	.name = "nvme",
	.ready = nvme_ready,
	.forget = nvme_forget,
	.create = nvme_create,
	.close = nvme_close,
	.destroy = nvme_destroy,
	.adopt = nvme_adopt,
	.attach = nvme_attach,
	.detach = nvme_detach,
	.quiesce = nvme_quiesce,
	.reset = nvme_reset,
	.poll = nvme_poll,
	.busy = nvme_busy,
	.stats = nvme_stats,
	.trouble = nvme_trouble,
	.resume = nvme_resume,
	.ns_add = nvme_ns_add,
	.ns_remove = nvme_ns_remove,
	.ns_gone = nvme_ns_gone,
	.ns_grow = nvme_ns_grow,
	.ns_grown = nvme_ns_grown,
	.kept_bytes = sizeof(struct nvme_ctrl),
	.keys = nvme_keys,
};
