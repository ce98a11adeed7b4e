/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a device model is.
 *
 * A model knows its registers and its work. It knows nothing of rings,
 * messages, ivshmem or other functions: the bus calls the operations below
 * from one thread. What it asks of the bus is in function_services.h, what it
 * asks of a file in io/blockio.h.
 */
#ifndef PVPCID_MODEL_H
#define PVPCID_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct function;	/* the bus's side of one PCI function */

/**
 * struct model_ops - a device model
 * @name: as in "model": "NAME" of the configuration
 * @ready: begin what create() of this @conf would wait for (files), and say whether that
 *	is decided; called again until it is, then create() does not wait. Checks
 *	nothing: that is create()'s. @found as for function_keep(); optional
 * @forget: no create() follows a ready() of this @conf; harmless without one; optional
 * @create: check @conf, take what the model needs (files, memory), describe
 *	the function through the config services below, and return the model's
 *	state; NULL and a filled @err when anything is wrong. Must not keep @conf.
 * @close: begin to give back what may take its time (files), and say whether that is
 *	done; called again until it is, then destroy() does not wait. Nothing but
 *	destroy() follows. Called detached, after @quiesce with @last; optional
 * @destroy: free everything; called detached
 * @adopt: create() has found what function_keep() kept, and all is in place as it was:
 *	BARs, guest memory, memory-enable. Go on with it, now or in poll(). Without it,
 *	the function begins anew, with an attach() where its BARs are in the aperture;
 *	optional
 * @attach: memory-enable was set and the BARs are in the aperture: put the
 *	registers in place
 * @detach: memory-enable was cleared: finish or cancel all work; when it
 *	returns no DMA is under way and function_bar() gives NULL
 * @quiesce: begin to finish what is under way, take nothing new until the next
 *	attach() or reset(); return whether all of it is finished. Called again
 *	until it is: detach(), reset() and destroy() then have nothing to wait
 *	for. Never blocks. With @last the function is to be destroyed: what was
 *	written to its files is flushed, too. Also while detached. NULL: nothing
 *	is ever under way; optional
 * @reset: function-level reset; the state of a function that was just created
 * @poll: look at the registers, do what is to be done, never block; return
 *	whether anything was found to do
 * @busy: work was taken that completes without the guest doing anything more
 *	(I/O under way), so the bus must not sleep for long; optional
 * @stats: counters for `pvpcictl stats`; a new reference; optional
 * @trouble: what keeps the function from its work and needs somebody's help, as
 *	a sentence in @text; false when nothing does; optional
 * @resume: go on with what was paused because of such a trouble; return how
 *	many things were; optional
 * @ns_add: give the function one more namespace as @conf says, whose file ready() has opened;
 *	its number is @nsid, or chosen where that is 0. 0, or -1 with @err; optional, and
 *	with it the next four
 * @ns_remove: begin to take a namespace away: no command finds it from here on. 0, or -1
 *	with @err
 * @ns_gone: whether that has ended; harmless at any time, never blocks
 * @ns_grow: begin to make a namespace's file @bytes long. 0, or -1 with @err
 * @ns_grown: what came of that: 1 for not yet, 0, or negative errno; never blocks
 * @kept_bytes: what it asks of function_keep(), 0 for nothing
 * @read_block: at most @bytes of config block @block; return how many there
 *	are, or negative errno: -ERANGE for no such block, -EIO; optional
 * @write_block: new content; return 0 or negative errno, the same; optional
 * @keys: NULL-terminated, the keys of the configuration that are the model's
 *	own ("namespaces"); the bus refuses any other before create(). NULL: the
 *	model refuses them itself.
 *
 * All are called from the bus thread. Only @poll, @busy and @stats are hot.
 */
struct model_ops {
	const char *name;
	bool (*ready)(json_t *conf, bool found);
	void (*forget)(json_t *conf);
	void *(*create)(struct function *fn, json_t *conf, struct error *err);
	bool (*close)(void *model);
	void (*destroy)(void *model);
	void (*adopt)(void *model);
	void (*attach)(void *model);
	void (*detach)(void *model);
	bool (*quiesce)(void *model, bool last);
	void (*reset)(void *model);
	bool (*poll)(void *model);
	bool (*busy)(void *model);
	json_t *(*stats)(void *model);
	bool (*trouble)(void *model, char *text, size_t bytes);
	unsigned int (*resume)(void *model);
	int (*ns_add)(void *model, json_t *conf, unsigned int *nsid, struct error *err);
	int (*ns_remove)(void *model, unsigned int nsid, struct error *err);
	bool (*ns_gone)(void *model, unsigned int nsid);
	int (*ns_grow)(void *model, unsigned int nsid, uint64_t bytes, struct error *err);
	int (*ns_grown)(void *model, unsigned int nsid);
	size_t kept_bytes;
	int (*read_block)(void *model, unsigned int block, uint8_t *data, unsigned int bytes);
	int (*write_block)(void *model, unsigned int block, const uint8_t *data,
			   unsigned int bytes);
	const char * const *keys;
};

extern const struct model_ops nvme_model;
extern const struct model_ops testdev_model;

/**
 * model_find - the model of that name
 * @name: as in the configuration
 * @err: on failure, at "model"
 *
 * Return: the model, or NULL.
 */
const struct model_ops *model_find(const char *name, struct error *err);

/** models_kept_bytes - of all models: another sum is another layout of what is kept */
size_t models_kept_bytes(void);

#endif /* PVPCID_MODEL_H */
