// SPDX-License-Identifier: GPL-2.0
/*
 * nvme: a controller whose process is killed between any two instructions. The test is
 * the guest; the controller is a child that is run step by step and killed, and another
 * that goes on with what the first has left.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nvme_tests.h"
#include "stores.h"

#define KEPT_BYTES	(192U << 10)
#define BAR_BYTES	16384U
#define FILE_BYTES	(1024 * 1024)
#define BATCH		6	/* commands of each round, beside the admin queue's */
#define SECONDS		30

/* Deaths of a test, spread over all instructions: -DDEATHS=10000 takes a night. */
#ifndef DEATHS
#define DEATHS		8U
#endif
#define BIRTH_STEPS	40000U	/* so much of adopt() */
#define CHUNK		500U

static char conf[192];

static void *shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

/* Guest and function, in memory that outlives the controller's process. */
static struct host *start_host(void)
{
	struct host *host = shared(sizeof(*host));
	struct function *fn = shared(sizeof(*fn));

	host_file(host->file, FILE_BYTES);
	snprintf(conf, sizeof(conf),
		 "{\"serial\": \"UNIT\", \"namespaces\": [{\"file\": \"%s\"}]}", host->file);
	fn->ops = &nvme_model;
	fn->low = shared(FAKEBUS_LOW_BYTES);
	fn->high = shared(FAKEBUS_HIGH_BYTES);
	fn->bar[0] = shared(BAR_BYTES);
	fn->kept = shared(KEPT_BYTES);
	fn->next_page = 0x10000;
	fn->bar_bytes[0] = BAR_BYTES;
	fn->bar_limit[0] = BAR_BYTES;
	fn->attached = true;
	fn->master = true;
	host->fn = fn;
	host->block = 512;
	host->data = fakebus_page(fn, 256);
	return host;
}

static void end_host(struct host *host)
{
	munmap(host->fn->kept, KEPT_BYTES);
	munmap(host->fn->bar[0], BAR_BYTES);
	munmap(host->fn->high, FAKEBUS_HIGH_BYTES);
	munmap(host->fn->low, FAKEBUS_LOW_BYTES);
	munmap(host->fn, sizeof(*host->fn));
	unlink(host->file);
	munmap(host, sizeof(*host));
}

/* In a child: a function of its own, for what the shared one is declared to be. */
static struct function *own(struct host *host, bool found)
{
	struct function *fn = malloc(sizeof(*fn));
	json_t *object = json_loads(conf, 0, NULL);
	struct error err = { 0 };

	*fn = *host->fn;
	fn->found = found;
	fn->bar_bytes[0] = 0;
	fn->model = fn->ops->create(fn, object, &err);
	if (!fn->model) {
		fprintf(stderr, "create: %s\n", err.text);
		_exit(3);
	}
	return fn;
}

/* The first life: enabled, with a queue pair and a request for events, then killed. */
static void first_life(struct host *host)
{
	struct nvme_sqe sqe = { .opcode = NVME_ADMIN_AER };
	struct host guest;
	pid_t pid = fork();
	int status;

	if (!pid) {
		guest = *host;
		guest.fn = own(host, false);
		guest.fn->ops->attach(guest.fn->model);
		host_ready(&guest);
		host_submit(&guest, 0, &sqe);
		host_ring(&guest, 0);
		host_poll(&guest);
		host->fn->next_page = guest.fn->next_page;
		guest.fn = host->fn;
		*host = guest;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static _Noreturn void live(struct host *host, bool traced)
{
	struct function *fn;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP)))
		_exit(5);
	fn = own(host, true);
	fn->ops->adopt(fn->model);
	if (traced)
		raise(SIGSTOP);
	for (;;)
		fn->ops->poll(fn->model);
}

static pid_t give_life(struct host *host, bool traced)
{
	pid_t pid = fork();

	if (!pid)
		live(host, traced);
	return pid;
}

static void end_life(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status) && !WIFEXITED(status))
		;
	/* It ended by our hand, not by its own fault. */
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Run to its next stop; whether it got there. */
static bool run_to_stop(pid_t pid, int signal)
{
	int status;

	if (signal && ptrace(PTRACE_CONT, pid, NULL, NULL))
		return false;
	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	       WSTOPSIG(status) == SIGSTOP;
}

static void step(pid_t pid, unsigned int steps)
{
	int status, signal = 0;

	while (steps--) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, signal) ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		/* Whatever it had begun to wait for goes on waiting. */
		signal = WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 :
			 WSTOPSIG(status);
	}
}

/**
 * struct round - what the guest has asked for
 * @io: identifiers of the commands in queue 1
 * @admin: of the one in queue 0
 * @seen: completions of each, the last one the admin queue's
 * @byte: what was written
 */
struct round {
	uint16_t io[BATCH];
	uint16_t admin;
	unsigned int seen[BATCH + 1];
	uint8_t byte;
};

/* Writes, reads, a flush, zeroes; a queue pair made and deleted in turn. */
static void ask(struct host *host, struct round *round, unsigned int number)
{
	struct nvme_sqe sqe[BATCH] = {
		{ .opcode = NVME_IO_WRITE }, { .opcode = NVME_IO_READ },
		{ .opcode = NVME_IO_WRITE }, { .opcode = NVME_IO_FLUSH },
		{ .opcode = NVME_IO_WRITE_ZEROES }, { .opcode = NVME_IO_VERIFY },
	};
	struct nvme_sqe admin = { .opcode = number & 1 ? NVME_ADMIN_DELETE_CQ :
							 NVME_ADMIN_CREATE_CQ };
	unsigned int i;

	memset(round, 0, sizeof(*round));
	round->byte = (uint8_t)(number + 1);
	memset(host_mem(host, host->data), round->byte, 3 * 4096);
	for (i = 0; i < BATCH; i++) {
		sqe[i].nsid = htole32(1);
		sqe[i].cdw[0] = htole32(16 * i);
		sqe[i].cdw[2] = htole32(7);
		if (i == 1)
			sqe[i].cdw[0] = htole32(1024);
		if (i < 3)
			host_prps(host, &sqe[i], host->data + 4096 * i, 4096);
		round->io[i] = host_submit(host, 1, &sqe[i]);
	}
	admin.cdw[0] = htole32(admin.opcode == NVME_ADMIN_CREATE_CQ ? 15U << 16 | 2 : 2);
	admin.cdw[1] = htole32(1);
	admin.prp1 = htole64(host->data + 65536);
	round->admin = host_submit(host, 0, &admin);
	host_ring(host, 1);
	host_ring(host, 0);
}

static void count(struct round *round, unsigned int qid, const struct nvme_cqe *cqe)
{
	uint16_t cid = le16toh(cqe->cid);
	unsigned int i;

	assert_int_equal(le16toh(cqe->status) >> 1, 0);
	for (i = 0; i < BATCH && !(qid && round->io[i] == cid); i++)
		;
	assert_true(i < BATCH || (!qid && cid == round->admin));
	assert_int_equal(round->seen[i]++, 0);
}

static unsigned int reap(struct host *host, struct round *round)
{
	struct nvme_cqe cqe;
	unsigned int qid, i, done = 0;

	for (qid = 0; qid < 2; qid++)
		while (host_reap(host, qid, &cqe))
			count(round, qid, &cqe);
	for (i = 0; i <= BATCH; i++)
		done += round->seen[i];
	return done;
}

static void check_data(struct host *host, const struct round *round)
{
	const uint8_t *read_back = host_mem(host, host->data + 4096);
	uint8_t block[512];
	unsigned int i;
	int file = open(host->file, O_RDONLY | O_CLOEXEC);

	for (i = 0; i < BATCH; i += 2) {
		assert_int_equal(pread(file, block, sizeof(block), 16 * 512 * i), sizeof(block));
		assert_int_equal(block[0], i == 4 ? 0 : round->byte);
		assert_int_equal(block[511], i == 4 ? 0 : round->byte);
	}
	/* Block 1024 is as the file was made. */
	assert_int_equal(read_back[3], (uint8_t)(1024 * 7 + 3));
	close(file);
}

/* All of it is completed, by a controller that nobody kills. */
static void finish(struct host *host, struct round *round)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	time_t end = time(NULL) + SECONDS;
	pid_t pid = give_life(host, false);

	while (reap(host, round) <= BATCH && time(NULL) < end)
		nanosleep(&pause, NULL);
	/* What would come a second time has the time to. */
	nanosleep(&pause, NULL);
	assert_int_equal(reap(host, round), BATCH + 1);
	end_life(pid);
	check_data(host, round);
}

/* Killed @steps after the beginning, or after adopt(). */
static void cut(struct host *host, struct round *round, bool adopted, unsigned int steps)
{
	pid_t pid = give_life(host, true);

	assert_true(run_to_stop(pid, 0));
	if (adopted)
		assert_true(run_to_stop(pid, 1));
	step(pid, steps);
	end_life(pid);
	reap(host, round);
}

/* How many steps of a controller a round takes, more or less. */
static unsigned int length(struct host *host)
{
	unsigned int steps = 0;
	struct round round;
	pid_t pid;

	ask(host, &round, 0);
	pid = give_life(host, true);
	assert_true(run_to_stop(pid, 0));
	assert_true(run_to_stop(pid, 1));
	do {
		step(pid, CHUNK);
		steps += CHUNK;
	} while (reap(host, &round) <= BATCH);
	end_life(pid);
	check_data(host, &round);
	return steps;
}

/* Killed somewhere in each of DEATHS parts of @steps. */
static void die_often(struct host *host, bool adopted, unsigned int steps)
{
	unsigned int part = steps / DEATHS, i;
	struct round round;

	assert_true(part);
	for (i = 0; i < DEATHS; i++) {
		ask(host, &round, i + 1);
		cut(host, &round, adopted, i * part + 1 + (unsigned int)rand() % part);
		finish(host, &round);
	}
}

/* While it takes commands, does them and posts what became of them. */
static void killed_at_work(void **state)
{
	struct host *host = start_host();

	(void)state;
	first_life(host);
	die_often(host, true, length(host));
	end_host(host);
}

/* While it is being made again. */
static void killed_at_birth(void **state)
{
	struct host *host = start_host();
	struct round round;

	(void)state;
	first_life(host);
	ask(host, &round, 0);
	finish(host, &round);
	die_often(host, false, BIRTH_STEPS);
	end_host(host);
}

/* It lives until it is killed, or has come to store @last of what is kept. */
static pid_t give_stores(struct host *host, unsigned int last, unsigned int *count)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	stores_add(host->fn->kept, KEPT_BYTES);
	stores_watch(last, count);
	live(host, false);
}

/* Whether it died of store @last, before all was done. */
static bool dies_before(struct host *host, struct round *round, unsigned int last,
			unsigned int *count)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	time_t end = time(NULL) + SECONDS;
	pid_t pid = give_stores(host, last, count);
	int status = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (reap(host, round) > BATCH || time(NULL) > end) {
			end_life(pid);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	reap(host, round);
	return true;
}

/* Before each store to what the next one is made from, from its birth to the last answer. */
static void killed_before_stores(void **state)
{
	struct host *host = start_host();
	unsigned int *count = shared(sizeof(*count));
	unsigned int last, first, stride = stores_stride(7, &first), number = 0, lived = 0;
	struct round round;

	(void)state;
	if (!stores_possible())
		skip();
	first_life(host);
	/* Rounds of two kinds take turns, of which one has some more. */
	for (last = first; lived < 2; last += stride) {
		ask(host, &round, number++);
		lived = dies_before(host, &round, last, count) ? 0 : lived + 1;
		finish(host, &round);
	}
	assert_true(*count > BATCH);
	print_message("%u stores, one in %u from %u\n", last, stride, first);
	munmap(count, sizeof(*count));
	end_host(host);
}

/* Another part of the bus could not go on: what was found is given up, unused. */
static void given_up(void **state)
{
	struct host *host = start_host();
	struct function *fn;
	int status;
	pid_t pid;

	(void)state;
	first_life(host);
	pid = fork();
	if (!pid) {
		fn = own(host, true);
		fn->ops->destroy(fn->model);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	end_host(host);
}

/* What is no controller is refused, and nothing of it is served. */
static void scribbled(void **state)
{
	struct host *host = start_host();
	json_t *object = json_loads(conf, 0, NULL);
	struct error err = { 0 };
	unsigned int i;

	(void)state;
	first_life(host);
	host->fn->found = true;
	for (i = 0; i < 2; i++) {
		memset(host->fn->kept, i ? 0xff : 0, KEPT_BYTES);
		host->fn->bar_bytes[0] = 0;
		assert_null(host->fn->ops->create(host->fn, object, &err));
		assert_string_equal(err.text, "its state is not one of a controller");
	}
	json_decref(object);
	end_host(host);
}

const struct CMUnitTest nvme_death_tests[] = {
	cmocka_unit_test(killed_at_work),
	cmocka_unit_test(killed_at_birth),
	cmocka_unit_test(killed_before_stores),
	cmocka_unit_test(given_up),
	cmocka_unit_test(scribbled),
};

const size_t nvme_death_count = sizeof(nvme_death_tests) / sizeof(nvme_death_tests[0]);
