// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe registers and doorbells: plain memory that the guest writes at any time.
 *
 * What the guest may write is compared with a private copy; what it may not
 * is put back. A write that does not change the memory cannot be seen. That
 * matters for INTMC alone: a write of just what it reads does not unmask. No
 * driver does so, as both mask registers are for MSI and INTx, and a controller
 * here has MSI-X only (3.1.3: not to be touched then).
 */
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

#define SAVED_BYTES	(NVME_REG_DOORBELLS + 4096)

static uint32_t load32(const uint8_t *bar, unsigned int reg)
{
	return le32toh(__atomic_load_n((const uint32_t *)(bar + reg), __ATOMIC_ACQUIRE));
}

static void store32(uint8_t *bar, unsigned int reg, uint32_t value)
{
	__atomic_store_n((uint32_t *)(bar + reg), htole32(value), __ATOMIC_RELEASE);
}

static uint64_t load64(const uint8_t *bar, unsigned int reg)
{
	return load32(bar, reg) | (uint64_t)load32(bar, reg + 4) << 32;
}

static void store64(uint8_t *bar, unsigned int reg, uint64_t value)
{
	store32(bar, reg, (uint32_t)value);
	store32(bar, reg + 4, (uint32_t)(value >> 32));
}

/**
 * nvme_cap - the CAP register (3.1.1)
 *
 * DSTRD, AMS, CMBS and PMRS are 0; MPSMIN is 0 (4 KiB); TO is 20 s. NSSRS is 0:
 * a driver that resets the subsystem waits for its link to go down, which a BAR
 * in memory cannot do; Linux 6.12 found out after 30 s, by a command's timeout.
 */
uint64_t nvme_cap(void)
{
	return (NVME_MAX_ENTRIES - 1) | NVME_CAP_CQR | 40ULL << NVME_CAP_TO_SHIFT |
	       NVME_CAP_CSS_NVM |
	       (uint64_t)NVME_MPSMAX << NVME_CAP_MPSMAX_SHIFT;
}

static uint8_t *image(struct nvme_ctrl *ctrl)
{
	return ctrl->bar ? ctrl->bar : ctrl->saved;
}

static void put_readonly(const struct nvme_ctrl *ctrl, uint8_t *bar)
{
	store64(bar, NVME_REG_CAP, nvme_cap());
	store32(bar, NVME_REG_VS, NVME_VS_1_4);
	store32(bar, NVME_REG_INTMS, ctrl->intms);
	store32(bar, NVME_REG_INTMC, ctrl->intms);
	store32(bar, NVME_REG_CSTS, ctrl->csts);
}

/**
 * nvme_regs_reset - registers as after power-on
 * @ctrl: attached or not
 */
void nvme_regs_reset(struct nvme_ctrl *ctrl)
{
	uint8_t *bar = image(ctrl);

	memset(bar, 0, SAVED_BYTES);
	ctrl->intms = 0;
	put_readonly(ctrl, bar);
}

/**
 * nvme_regs_attach - the BAR is in the aperture: registers as they were
 * @ctrl: detached
 */
void nvme_regs_attach(struct nvme_ctrl *ctrl)
{
	ctrl->bar = function_bar(ctrl->fn, 0, 0, NVME_BAR_MSIX);
	if (!ctrl->bar)
		return;
	memcpy(ctrl->bar, ctrl->saved, SAVED_BYTES);
	put_readonly(ctrl, ctrl->bar);
}

/**
 * nvme_regs_detach - keep the registers for the next attach
 * @ctrl: detached afterwards
 */
void nvme_regs_detach(struct nvme_ctrl *ctrl)
{
	if (!ctrl->bar)
		return;
	memcpy(ctrl->saved, ctrl->bar, SAVED_BYTES);
	ctrl->bar = NULL;
}

/**
 * nvme_regs_csts - change CSTS (3.1.6)
 * @ctrl: controller
 * @csts: new value
 */
void nvme_regs_csts(struct nvme_ctrl *ctrl, uint32_t csts)
{
	ctrl->csts = csts;
	store32(image(ctrl), NVME_REG_CSTS, csts);
}

/**
 * nvme_regs_queues - the admin queue registers (3.1.8 to 3.1.10)
 * @ctrl: attached
 * @aqa: filled
 * @asq: filled
 * @acq: filled
 */
void nvme_regs_queues(struct nvme_ctrl *ctrl, uint32_t *aqa, uint64_t *asq, uint64_t *acq)
{
	const uint8_t *bar = image(ctrl);

	*aqa = load32(bar, NVME_REG_AQA);
	*asq = load64(bar, NVME_REG_ASQ);
	*acq = load64(bar, NVME_REG_ACQ);
}

/* INTMS sets bits and INTMC clears them; both read the mask (3.1.3, 3.1.4). */
static void poll_mask(struct nvme_ctrl *ctrl)
{
	uint32_t set = load32(ctrl->bar, NVME_REG_INTMS);
	uint32_t clear = load32(ctrl->bar, NVME_REG_INTMC);
	uint32_t old = ctrl->intms;

	if (set == old && clear == old)
		return;
	if (set != old)
		ctrl->intms |= set;
	if (clear != old)
		ctrl->intms &= ~clear;
	store32(ctrl->bar, NVME_REG_INTMS, ctrl->intms);
	store32(ctrl->bar, NVME_REG_INTMC, ctrl->intms);
}

/**
 * nvme_regs_poll - what did the guest write?
 * @ctrl: attached
 *
 * Return: whether it wrote anything.
 */
bool nvme_regs_poll(struct nvme_ctrl *ctrl)
{
	uint8_t *bar = ctrl->bar;
	uint32_t cc;

	if (load32(bar, NVME_REG_CSTS) != ctrl->csts)
		nvme_regs_csts(ctrl, ctrl->csts);
	if (load64(bar, NVME_REG_CAP) != nvme_cap())
		store64(bar, NVME_REG_CAP, nvme_cap());
	if (load32(bar, NVME_REG_VS) != NVME_VS_1_4)
		store32(bar, NVME_REG_VS, NVME_VS_1_4);
	poll_mask(ctrl);
	cc = load32(bar, NVME_REG_CC);
	if (cc == ctrl->cc)
		return false;
	nvme_ctrl_cc(ctrl, cc);
	return true;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
	return !count || (!bytes[0] && !memcmp(bytes, bytes + 1, count - 1));
}

/**
 * nvme_regs_slow - put back what is rarely looked at
 * @ctrl: attached
 *
 * A write to the doorbell of a queue that does not exist is an error event
 * (5.2, "Write to Invalid Doorbell Register").
 */
void nvme_regs_slow(struct nvme_ctrl *ctrl)
{
	uint8_t *rest = ctrl->bar + NVME_REG_REST;
	unsigned int qid;
	bool bad = false;

	if (!is_zero(rest, NVME_REG_DOORBELLS - NVME_REG_REST))
		memset(rest, 0, NVME_REG_DOORBELLS - NVME_REG_REST);
	if (load32(ctrl->bar, NVME_REG_NSSR))
		store32(ctrl->bar, NVME_REG_NSSR, 0);
	if (ctrl->state != NVME_READY)
		return;
	for (qid = 0; qid <= ctrl->queues; qid++) {
		if (!ctrl->sq[qid].live && nvme_doorbell(ctrl, qid, false)) {
			nvme_doorbell_clear(ctrl, qid, false);
			bad = true;
		}
		if (!ctrl->cq[qid].live && nvme_doorbell(ctrl, qid, true)) {
			nvme_doorbell_clear(ctrl, qid, true);
			bad = true;
		}
	}
	rest = ctrl->bar + NVME_REG_DOORBELLS + 8 * (ctrl->queues + 1);
	if (!is_zero(rest, (size_t)(ctrl->bar + SAVED_BYTES - rest))) {
		memset(rest, 0, (size_t)(ctrl->bar + SAVED_BYTES - rest));
		bad = true;
	}
	if (bad) {
		ctrl->totals.bad_doorbells++;
		nvme_log_error(ctrl, 0xffff, 0xffff, NVME_SC_INVALID_FIELD, 0xffff, 0, 0);
		nvme_event(ctrl, NVME_EVENT_DOORBELL_REGISTER);
	}
}

/**
 * nvme_doorbell - read a doorbell (3.1.24, 3.1.25; CAP.DSTRD is 0)
 * @ctrl: controller
 * @qid: queue
 * @cq: completion queue head, otherwise submission queue tail
 *
 * Return: all 32 bits: the upper 16 are reserved and make a value invalid.
 */
uint32_t nvme_doorbell(struct nvme_ctrl *ctrl, unsigned int qid, bool cq)
{
	return load32(image(ctrl), NVME_REG_DOORBELLS + (2 * qid + cq) * 4);
}

/**
 * nvme_doorbell_clear - zero a doorbell
 * @ctrl: controller
 * @qid: queue
 * @cq: completion queue head, otherwise submission queue tail
 */
void nvme_doorbell_clear(struct nvme_ctrl *ctrl, unsigned int qid, bool cq)
{
	store32(image(ctrl), NVME_REG_DOORBELLS + (2 * qid + cq) * 4, 0);
}

/**
 * nvme_doorbells_clear - zero all doorbells
 * @ctrl: controller
 */
void nvme_doorbells_clear(struct nvme_ctrl *ctrl)
{
	memset(image(ctrl) + NVME_REG_DOORBELLS, 0, 4096);
}
