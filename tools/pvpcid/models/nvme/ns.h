/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVMe namespaces: one for each file or block device.
 */
#ifndef NVME_NS_H
#define NVME_NS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "io/blockio.h"

struct error;
struct nvme_ctrl;
struct nvme_request;
struct nvme_sq;

/**
 * struct nvme_counters - what SMART reports
 * @read_blocks: 512-byte units read
 * @written_blocks: 512-byte units written
 * @reads: host read commands
 * @writes: host write commands
 * @media_errors: data that could not be read or written
 */
struct nvme_counters {
	uint64_t read_blocks;
	uint64_t written_blocks;
	uint64_t reads;
	uint64_t writes;
	uint64_t media_errors;
};

/**
 * struct nvme_ns - namespace
 * @io: its file
 * @file: what @io is, for who comes after us
 * @leaving: no command finds it any more, and it goes when none is under way
 * @growing: its file is being made larger
 * @grow_errno: what came of that, 0 for the best
 * @nameless: it has lost its name, and that was said
 * @complained: errno that was logged and holds for the file as a whole, 0 for none
 * @id: namespace identifier, from 1
 * @shift: block size as a power of two
 * @readonly: write protected
 * @fixed_readonly: by the configuration
 * @direct: the file is used past the page cache
 * @protecting: the flush before it is protected is under way
 * @keeps_space: nothing is given back ("discard": "ignore")
 * @pauses: writes wait for space ("on_error": "pause")
 * @pause_errno: why they do
 * @paused: those that wait
 * @resuming: they are done in the next poll
 * @lost: errno that a flush failed with, for who comes after us
 * @changed: in the changed namespace list
 * @blocks: size
 * @nguid: globally unique identifier
 * @uuid: from the configuration
 * @has_uuid: there is one
 * @watch: descriptor on which the bus sleeps
 * @watch_is_ours: and which is to be closed
 * @path: of the file
 * @count: counters
 */
struct nvme_ns {
	struct blockio *io;
	struct blockio_identity file;
	bool leaving;
	bool growing;
	int grow_errno;
	bool nameless;
	int complained;
	uint32_t id;
	uint8_t shift;
	bool readonly;
	bool fixed_readonly;
	bool direct;
	bool protecting;
	bool keeps_space;
	bool pauses;
	int pause_errno;
	struct nvme_request *paused;
	bool resuming;
	int lost;
	bool changed;
	uint64_t blocks;
	uint8_t nguid[16];
	uint8_t uuid[16];
	bool has_uuid;
	int watch;
	bool watch_is_ours;
	char *path;
	struct nvme_counters count;
};

/* ns.c */
int nvme_ns_configure(struct nvme_ctrl *ctrl, uint32_t id, json_t *conf, bool live,
		      struct error *err);
void nvme_ns_close(struct nvme_ctrl *ctrl, struct nvme_ns *ns);
bool nvme_ns_closed(struct nvme_ctrl *ctrl, struct nvme_ns *ns);
struct nvme_ns *nvme_ns_at(const struct nvme_ctrl *ctrl, uint32_t nsid);
struct nvme_ns *nvme_ns_next(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns);
struct nvme_ns *nvme_ns_find(const struct nvme_ctrl *ctrl, uint32_t nsid);
void nvme_ns_check(struct nvme_ctrl *ctrl);
void nvme_ns_losses(struct nvme_ctrl *ctrl);
uint64_t nvme_hash(const char *text, uint64_t seed);

/* ns_live.c */
int nvme_ns_add(void *model, json_t *conf, unsigned int *nsid, struct error *err);
int nvme_ns_remove(void *model, unsigned int nsid, struct error *err);
bool nvme_ns_gone(void *model, unsigned int nsid);
int nvme_ns_grow(void *model, unsigned int nsid, uint64_t bytes, struct error *err);
int nvme_ns_grown(void *model, unsigned int nsid);
void nvme_ns_leave(struct nvme_ctrl *ctrl);

/* share.c */
struct nvme_ctrl *nvme_share_next(const struct nvme_ctrl *ctrl, const struct nvme_ctrl *path);
struct nvme_ctrl *nvme_share_other(const struct nvme_ctrl *ctrl);
bool nvme_share_exists(const char *name);
int nvme_share_join(struct nvme_ctrl *ctrl, struct error *err);
void nvme_share_leave(struct nvme_ctrl *ctrl);
int nvme_share_open(const struct nvme_ctrl *ctrl, struct nvme_ns *ns, bool live,
		    struct error *err);
bool nvme_share_has(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns);
void nvme_share_close(const struct nvme_ctrl *ctrl, struct nvme_ns *ns);
struct nvme_ns *nvme_share_twin(const struct nvme_ctrl *path, const struct nvme_ns *ns);
void nvme_share_readonly(const struct nvme_ctrl *ctrl, struct nvme_ns *ns, bool readonly);
bool nvme_share_protecting(const struct nvme_ctrl *ctrl, const struct nvme_ns *ns);

/* protect.c */
uint16_t nvme_protect(struct nvme_request *rq, struct nvme_ns *ns, bool protect);
void nvme_protect_reset(struct nvme_ctrl *ctrl);

/* pause.c */
bool nvme_pause(struct nvme_request *rq, ssize_t result);
unsigned int nvme_resume(void *model);
void nvme_resume_poll(struct nvme_ctrl *ctrl);
void nvme_pause_end_ns(struct nvme_ns *ns, const struct nvme_sq *sq, uint16_t status);
void nvme_pause_end(struct nvme_ctrl *ctrl, const struct nvme_sq *sq, uint16_t status);
bool nvme_trouble(void *model, char *text, size_t bytes);

#endif /* NVME_NS_H */
