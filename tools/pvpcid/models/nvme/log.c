// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe log pages (5.14): error, SMART, firmware, changed namespaces, effects.
 */
#include <string.h>

#include "identify.h"
#include "nvme.h"

#define AT_NSID		4
#define AT_CDW10	40
#define AT_CDW12	48

#define CSUPP	(1U << 0)

/**
 * nvme_log_error - make an entry in the error log (5.14.1.1)
 * @ctrl: controller
 * @sqid: queue of the command, 0xffff for none
 * @cid: of the command, 0xffff for none
 * @status: NVME_SC_*
 * @location: byte of the command at fault, 0xffff for none
 * @lba: first logical block in error
 * @nsid: namespace
 */
void nvme_log_error(struct nvme_ctrl *ctrl, uint16_t sqid, uint16_t cid, uint16_t status,
		    uint16_t location, uint64_t lba, uint32_t nsid)
{
	struct nvme_error_entry *entry = &ctrl->errors[ctrl->error_count % NVME_MAX_ERRORS];

	ctrl->error_count++;
	*entry = (struct nvme_error_entry){
		.count = htole64(ctrl->error_count),
		.sqid = htole16(sqid),
		.cid = htole16(cid),
		.status = htole16((uint16_t)(status << 1)),
		.location = htole16(location),
		.lba = htole64(lba),
		.nsid = htole32(nsid),
	};
}

/* Newest first. */
static void fill_errors(const struct nvme_ctrl *ctrl, struct nvme_error_entry *entries)
{
	uint64_t i, used = ctrl->error_count;

	if (used > NVME_MAX_ERRORS)
		used = NVME_MAX_ERRORS;
	for (i = 0; i < used; i++)
		entries[i] = ctrl->errors[(ctrl->error_count - 1 - i) % NVME_MAX_ERRORS];
}

static void add_counters(struct nvme_counters *sum, const struct nvme_counters *count)
{
	sum->read_blocks += count->read_blocks;
	sum->written_blocks += count->written_blocks;
	sum->reads += count->reads;
	sum->writes += count->writes;
	sum->media_errors += count->media_errors;
}

/* The 128-bit counters' upper halves stay 0. */
static void fill_smart(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns,
		       struct nvme_smart_log *log)
{
	struct nvme_counters sum = {};
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++)
		if (!ns || ns == &ctrl->ns[i])
			add_counters(&sum, &ctrl->ns[i].count);
	*log = (struct nvme_smart_log){
		.critical_warning = ctrl->warning,
		.temperature = { NVME_TEMPERATURE & 0xff, NVME_TEMPERATURE >> 8 },
		.spare = 100,
		.spare_threshold = 10,
		.read_units = { htole64((sum.read_blocks + 999) / 1000) },
		.written_units = { htole64((sum.written_blocks + 999) / 1000) },
		.reads = { htole64(sum.reads) },
		.writes = { htole64(sum.writes) },
		.busy_minutes = { htole64(ctrl->totals.busy_ms / 60000) },
		.power_cycles = { htole64(1) },		/* this one */
		.power_on_hours = {
			htole64((nvme_now_ms() - ctrl->totals.power_on_ms) / 3600000),
		},
		.unsafe_shutdowns = { htole64(ctrl->unsafe_shutdowns) },
		.media_errors = { htole64(sum.media_errors) },
		.error_entries = { htole64(ctrl->error_count) },
	};
}

static void fill_firmware(struct nvme_firmware_log *log)
{
	log->afi = 1;
	memset(log->frs[0], ' ', sizeof(log->frs[0]));
	memcpy(log->frs[0], NVME_FIRMWARE, strlen(NVME_FIRMWARE));
}

static void fill_changed(const struct nvme_ctrl *ctrl, __le32 *list)
{
	unsigned int i;

	for (i = 0; i < ctrl->namespaces; i++)
		if (ctrl->ns[i].changed)
			*list++ = htole32(i + 1);
}

static void fill_effects(struct nvme_effects_log *log)
{
	unsigned int opcode;

	for (opcode = 0; opcode < 256; opcode++) {
		if (nvme_admin_known((uint8_t)opcode))
			log->admin[opcode] = htole32(CSUPP);
		if (nvme_io_known((uint8_t)opcode))
			log->io[opcode] = htole32(CSUPP | nvme_io_effects((uint8_t)opcode));
	}
}

/**
 * union log_page - whatever Get Log Page returns
 * @errors: error log, newest first
 * @smart: SMART
 * @firmware: firmware slots
 * @changed: identifiers of changed namespaces
 * @effects: commands and what they do
 * @bytes: of the largest
 */
union log_page {
	struct nvme_error_entry errors[NVME_MAX_ERRORS];
	struct nvme_smart_log smart;
	struct nvme_firmware_log firmware;
	__le32 changed[1024];
	struct nvme_effects_log effects;
	uint8_t bytes[4096];
};

/* Returns the length of the page, 0 for one that does not exist. */
static uint32_t fill(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns, uint8_t page,
		     union log_page *data)
{
	switch (page) {
	case NVME_LOG_ERROR:
		fill_errors(ctrl, data->errors);
		return sizeof(data->errors);
	case NVME_LOG_SMART:
		fill_smart(ctrl, ns, &data->smart);
		return sizeof(data->smart);
	case NVME_LOG_FIRMWARE:
		fill_firmware(&data->firmware);
		return sizeof(data->firmware);
	case NVME_LOG_CHANGED_NS:
		fill_changed(ctrl, data->changed);
		return sizeof(data->changed);
	case NVME_LOG_EFFECTS:
		fill_effects(&data->effects);
		return sizeof(data->effects);
	default:
		return 0;
	}
}

static void page_was_read(struct nvme_ctrl *ctrl, uint8_t page)
{
	unsigned int i;

	if (page == NVME_LOG_CHANGED_NS)
		for (i = 0; i < ctrl->namespaces; i++)
			ctrl->ns[i].changed = false;
	nvme_event_log_read(ctrl, page);
}

/**
 * nvme_get_log - Get Log Page
 * @rq: the command
 *
 * Return: status.
 */
uint16_t nvme_get_log(struct nvme_request *rq)
{
	uint8_t page = (uint8_t)nvme_cdw(rq, 10);
	bool retain = nvme_cdw(rq, 10) >> 15 & 1;
	uint64_t wanted = ((nvme_cdw(rq, 10) >> 16 | (uint64_t)(nvme_cdw(rq, 11) & 0xffff) << 16) +
			   1) * 4;
	uint64_t offset = nvme_cdw(rq, 12) | (uint64_t)nvme_cdw(rq, 13) << 32;
	uint32_t nsid = le32toh(rq->sqe.nsid);
	const struct nvme_ns *ns = NULL;
	union log_page data = {};
	uint16_t status;
	uint32_t bytes;

	if (nsid && nsid != NVME_NSID_ALL) {
		ns = nvme_ns_find(rq->ctrl, nsid);
		if (!ns) {
			rq->location = AT_NSID;
			return NVME_SC_INVALID_NAMESPACE | NVME_SC_DNR;
		}
	}
	bytes = fill(rq->ctrl, ns, page, &data);
	if (!bytes) {
		rq->location = AT_CDW10;
		return NVME_SC_LOG_PAGE | NVME_SC_DNR;
	}
	/* 5.14.1: only SMART is kept for each namespace (LPA bit 0). */
	if (ns && page != NVME_LOG_SMART)
		return nvme_invalid_field(rq, AT_NSID);
	if (wanted > NVME_MDTS_BYTES)
		return nvme_invalid_field(rq, AT_CDW10 + 2);
	if (offset & 3 || offset > bytes)
		return nvme_invalid_field(rq, AT_CDW12);
	if (wanted > bytes - offset)
		wanted = bytes - offset;
	status = nvme_to_guest(rq, data.bytes + offset, (uint32_t)wanted);
	if (!status && !retain)
		page_was_read(rq->ctrl, page);
	return status;
}
