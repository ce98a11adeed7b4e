/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: one JSON object a line, one answer a line.
 */
#ifndef PVPCID_CONTROL_H
#define PVPCID_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct error;
struct loop;
struct pace;

#define CONTROL_CLIENTS		8
#define CONTROL_LINE_BYTES	(1U << 20)
#define CONTROL_WAIT_MAX_MS	600000	/* that a request may ask to wait */
#define CONTROL_NS_MS		10000	/* for the file of a namespace that goes */

struct control;

/**
 * struct control_eject - an eject of one function, or of a whole device
 * @id: of the bus's eject of each function of the device, 0 for none under way
 * @instance: of each function
 * @pending: a bit for each function that is still there
 * @device: 0 to 31
 * @whole: all functions of the device
 * @slot: as the answer calls it
 * @start_ns: when it was asked for
 * @deadline_ns: until then
 * @timeout_ms: as asked for, for the answer
 * @force: what the guest does not let go of is taken away
 * @forced: and was
 * @closing: and @deadline_ns is that for closing its files
 * @refused: the guest's errno, 0 for none
 * @refused_slot: whose
 * @why: the guest's reason, in words
 * @again_ns: when it is asked again, 0 for never
 */
struct control_eject {
	uint64_t id[8];
	uint32_t instance[8];
	unsigned int pending;
	unsigned int device;
	bool whole;
	char slot[8];
	uint64_t start_ns;
	uint64_t deadline_ns;
	unsigned int timeout_ms;
	bool force;
	bool forced;
	bool closing;
	int refused;
	char refused_slot[8];
	char why[128];
	uint64_t again_ns;
};

struct control_client;

/**
 * struct control_ns - namespace that comes or goes
 * @check: what the client waits for: returns the answer, or NULL for not yet; NULL when it
 *	waits for nothing
 * @opening: of a function that would have it, whose file is being opened
 * @instance: of the function
 * @nsid: its number, 0 for any
 * @deadline_ns: for one that goes or grows
 */
struct control_ns {
	json_t *(*check)(struct control_client *client, uint64_t now_ns);
	json_t *opening;
	uint32_t instance;
	unsigned int nsid;
	uint64_t deadline_ns;
};

/**
 * struct control_client - one connection
 * @control: whose
 * @fd: -1 for a free place
 * @in: what was received and not yet answered
 * @in_bytes: of it
 * @in_room: of the buffer
 * @out: answers
 * @out_bytes: of them
 * @out_sent: bytes of it that are sent
 * @heard_ns: when it last sent or took something
 * @eject: eject that its request waits for
 * @opening: functions whose files are being opened, a reference; NULL for none
 * @add_wait_ms: for what the guest does with them, as asked for
 * @add_first: instance of the first function its request waits for
 * @add_count: functions it waits for, with the instances that follow; 0 for none
 * @add_deadline_ns: until then
 * @ns: namespace that its request waits for
 * @wish: number of the wish for room that its request waits for, 0 for none
 * @wish_timeout_ms: as asked for, for the answer
 * @wish_deadline_ns: until then
 * @ended: the client has said all, and may wait for the answer
 * @closing: close when @out is sent
 */
struct control_client {
	struct control *control;
	int fd;
	char *in;
	size_t in_bytes;
	size_t in_room;
	char *out;
	size_t out_bytes;
	size_t out_sent;
	uint64_t heard_ns;
	struct control_eject eject;
	json_t *opening;
	unsigned int add_wait_ms;
	uint32_t add_first;
	uint32_t add_count;
	uint64_t add_deadline_ns;
	struct control_ns ns;
	uint32_t wish;
	unsigned int wish_timeout_ms;
	uint64_t wish_deadline_ns;
	bool ended;
	bool closing;
};

/**
 * struct control - the control socket
 * @loop: event loop
 * @bus: what it controls
 * @pace: for statistics
 * @path: of the socket; NULL when there is none
 * @listener: -1 when closed
 * @clients: connections
 * @count: of them
 * @opening: of them, those that wait for files to be open or closed
 * @upgrade: this process shall end, and another go on
 * @adding: of them, those that wait for functions to be attached
 */
struct control {
	struct loop *loop;
	struct bus *bus;
	const struct pace *pace;
	const char *path;
	int listener;
	struct control_client clients[CONTROL_CLIENTS];
	unsigned int count;
	unsigned int opening;
	unsigned int adding;
	bool upgrade;
};

/**
 * control_open - listen
 * @err: filled on failure
 * @control: @loop, @bus and @pace are set by the caller
 * @path: NULL: no control socket
 */
int control_open(struct control *control, const char *path, struct error *err);
/** control_close - the reverse */
void control_close(struct control *control);
/** control_tick - end what has waited too long */
void control_tick(struct control *control, uint64_t now_ns);
/** control_check - go on with what is being added; after each poll of the bus */
void control_check(struct control *control, uint64_t now_ns);
/** control_eject_done - the bus reports the end of an eject */
void control_eject_done(struct control *control, uint64_t eject_id, int result);

/**
 * control_execute - run one request
 * @client: whose it is; an eject may leave it waiting
 * @request: JSON object
 * Return: the answer, a new reference, or NULL when it comes later.
 */
json_t *control_execute(struct control_client *client, json_t *request);

/**
 * control_find - the function that a request means
 * @bus: on this bus
 * @request: in its "slot": a slot, else a label or serial number
 * @answer: why there is none
 */
struct function *control_find(struct bus *bus, json_t *request, json_t **answer);

/** control_answer - a request that waited has its answer; takes the reference */
void control_answer(struct control_client *client, json_t *answer);

/* add.c */

/** control_add_start - run an add request; as control_execute() */
json_t *control_add_start(struct control_client *client, json_t *request);
/** control_add_forget - the client has gone */
void control_add_forget(struct control_client *client);
/** control_adding - does a client wait for that function to be added? */
bool control_adding(const struct control *control, uint32_t instance);

/* namespace.c */

/** control_ns_add - run a namespace_add request; as control_execute() */
json_t *control_ns_add(struct control_client *client, json_t *request);
/** control_ns_remove - run a namespace_remove request; as control_execute() */
json_t *control_ns_remove(struct control_client *client, json_t *request);
/** control_ns_resize - run a namespace_resize request; as control_execute() */
json_t *control_ns_resize(struct control_client *client, json_t *request);
/** control_ns_forget - the client has gone */
void control_ns_forget(struct control_client *client);

/* eject.c */

/** control_eject_start - run an eject request; as control_execute() */
json_t *control_eject_start(struct control_client *client, json_t *request);
/** control_eject_tick - what time does to an eject that waits */
void control_eject_tick(struct control_client *client, uint64_t now_ns);
/** control_eject_forget - the client has gone */
void control_eject_forget(struct control_client *client);

/* rebalance.c */

/** control_rebalance_start - run a request for room; as control_execute() */
json_t *control_rebalance_start(struct control_client *client, json_t *request);
/** control_rebalance_done - the bus reports how it ended */
void control_rebalance_done(struct control *control, uint32_t wish, int result);
/** control_rebalance_tick - what time does to one that waits */
void control_rebalance_tick(struct control_client *client, uint64_t now_ns);
/** control_rebalance_forget - the client has gone */
void control_rebalance_forget(struct control_client *client);

/** control_error - {"ok": false, "error": TEXT} */
json_t *control_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** space_report - the aperture, its windows and what lies in them; NULL: no memory */
json_t *space_report(const struct bus *bus);

/* report.c: what list, show and stats answer; each a new reference */
json_t *report_list(const struct bus *bus);
json_t *report_function(const struct bus *bus, unsigned int devfn);
json_t *report_stats(const struct bus *bus, const struct pace *pace);
json_t *report_bus(const struct bus *bus);
json_t *report_added(const struct bus *bus, uint32_t first, uint32_t count);

#endif /* PVPCID_CONTROL_H */
