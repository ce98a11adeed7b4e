// SPDX-License-Identifier: GPL-2.0
/*
 * The bus, its sockets and the loop that drives them.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "daemon.h"
#include "notify.h"

#define LOOK_NS		200000ULL	/* how often spinning looks at descriptors */
#define TICK_NS		10000000ULL	/* see bus_tick() */
#define BUSY_NS		100000ULL	/* while a function works and has no descriptor for it */
#define CONTROL_NS	50000000ULL	/* without a guest, for the timeouts of control clients */
#define FILE_NS		1000000ULL	/* while a thread opens or closes a file */
#define SLACK_NS	5000UL		/* of timers: the default is longer than a nap */

/* The bus is made anew when nothing uses the memory of the guest that was there. */
static void guest_leaves(struct daemon *daemon)
{
	struct error err;
	int ret = bus_disconnect(&daemon->bus, &err);

	daemon->leaving = ret > 0;
	if (daemon->leaving)
		return;
	if (ret < 0) {
		log_error("%s", err.text);
		daemon->failed = true;
		daemon->stop = true;
	}
	guest_admit(&daemon->guest, true);
	notify_status("waiting for a guest");
}

static void guest_gone(void *context)
{
	struct daemon *daemon = context;

	guest_admit(&daemon->guest, false);
	guest_leaves(daemon);
}

static void guest_rang(void *context)
{
	struct daemon *daemon = context;

	pace_doorbell(&daemon->pace, clock_ns());
}

static void watch_ready(void *context, int fd, uint32_t events)
{
	/* The next bus_poll() finds what it is; being awake is enough. */
	(void)context;
	(void)fd;
	(void)events;
}

static int watch_add(void *context, int fd)
{
	struct daemon *daemon = context;

	/* Edges: a function that is detached is not polled and empties nothing. */
	return loop_add(&daemon->loop, fd, EPOLLIN | EPOLLET, watch_ready, daemon) ? -errno : 0;
}

static void watch_remove(void *context, int fd)
{
	struct daemon *daemon = context;

	loop_remove(&daemon->loop, fd);
}

static void eject_done(void *context, uint64_t eject_id, int result)
{
	struct daemon *daemon = context;

	control_eject_done(&daemon->control, eject_id, result);
}

static void rebalance_done(void *context, uint32_t wish, int result)
{
	struct daemon *daemon = context;

	control_rebalance_done(&daemon->control, wish, result);
}

static void signal_ready(void *context, int fd, uint32_t events)
{
	struct daemon *daemon = context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		log_info("SIGHUP changes nothing: pvpcictl adds and ejects functions");
		return;
	}
	log_info("stopping: %s", strsignal((int)info.ssi_signo));
	daemon->stop = true;
}

static int open_signals(struct daemon *daemon, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it all */
	daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals >= 0 &&
	    !loop_add(&daemon->loop, daemon->signals, EPOLLIN, signal_ready, daemon))
		return 0;
	error_set(err, "cannot receive signals: %s", strerror(errno));
	if (daemon->signals >= 0)
		close(daemon->signals);
	return -1;
}

int daemon_open(struct daemon *daemon, const struct conf *conf, struct error *err)
{
	struct bus_watch watch = {
		.add = watch_add, .remove = watch_remove, .eject_done = eject_done,
		.rebalance_done = rebalance_done,
		.context = daemon,
	};

	memset(daemon, 0, sizeof(*daemon));
	daemon->guest = (struct guest){
		.loop = &daemon->loop, .bus = &daemon->bus, .gone = guest_gone,
		.doorbell = guest_rang, .context = daemon,
	};
	daemon->control.loop = &daemon->loop;
	daemon->control.bus = &daemon->bus;
	daemon->control.pace = &daemon->pace;
	daemon->watchdog_ns = notify_watchdog_ns();
	pace_init(&daemon->pace, conf->poll_us, clock_ns());
	prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	if (loop_open(&daemon->loop)) {
		error_set(err, "cannot make an event loop: %s", strerror(errno));
		return -1;
	}
	/* Signals first: threads that models start inherit the mask. */
	if (open_signals(daemon, err))
		goto close_loop;
	if (bus_open(&daemon->bus, conf, &watch, err))
		goto close_signals;
	daemon->guest.sent = state_greeted(&daemon->bus.state);
	dma_guard(&daemon->bus.dma);
	if (control_open(&daemon->control, conf->control, err))
		goto close_bus;
	if (guest_open(&daemon->guest, conf->socket, conf->socket_group, err))
		goto close_control;
	/* One that went while nobody served it. */
	if (!daemon->bus.connected && daemon->bus.host.state != PVPCI_HOST_NEW)
		guest_gone(daemon);
	return 0;

close_control:
	control_close(&daemon->control);
close_bus:
	bus_close(&daemon->bus);
close_signals:
	close(daemon->signals);
close_loop:
	loop_close(&daemon->loop);
	return -1;
}

void daemon_close(struct daemon *daemon)
{
	guest_close(&daemon->guest);
	control_close(&daemon->control);
	bus_close(&daemon->bus);
	close(daemon->signals);
	loop_close(&daemon->loop);
}

/* How long to wait, and say before that whether the guest must ring. */
static uint64_t bus_wait(struct daemon *daemon, uint64_t now, bool worked)
{
	struct bus *bus = &daemon->bus;
	uint64_t wait;

	if (!bus->connected)
		return daemon->control.count || daemon->leaving || bus->unsettled ? CONTROL_NS :
										    UINT64_MAX;
	if (bus->nr_attached)
		pace_attach(&daemon->pace, bus->attached_ns);
	daemon->pace.unrung = bus->nr_attached && !(bus->host.in_force & PVPCI_F_WAKE);
	wait = pace_next(&daemon->pace, now, worked);
	bus_set_sleeping(bus, daemon->pace.sleeping);
	if (wait > BUSY_NS && bus_busy(bus))
		wait = BUSY_NS;
	return bus_cap_sleep(bus, wait);
}

static uint64_t plan_wait(struct daemon *daemon, uint64_t now, bool worked)
{
	uint64_t wait = bus_wait(daemon, now, worked);

	if (daemon->watchdog_ns && wait > daemon->watchdog_ns)
		wait = daemon->watchdog_ns;
	return (daemon->control.opening || daemon->bus.closing) && wait > FILE_NS ? FILE_NS : wait;
}

static void tell_alive(struct daemon *daemon, uint64_t now)
{
	if (!daemon->watchdog_ns || now - daemon->alive_ns < daemon->watchdog_ns)
		return;
	daemon->alive_ns = now;
	notify_alive();
}

int daemon_run(struct daemon *daemon)
{
	uint64_t looked = 0;
	uint64_t ticked = 0;

	while (!daemon->stop && !daemon->control.upgrade) {
		uint64_t now = clock_ns(), wait;
		bool worked;

		pace_begin(&daemon->pace, now);
		worked = bus_poll(&daemon->bus);
		/* A scan that finds nothing takes less than to look at the clock again. */
		if (worked)
			now = clock_ns();
		wait = plan_wait(daemon, now, worked);
		if (daemon->leaving)
			guest_leaves(daemon);
		if (daemon->control.adding || daemon->control.opening)
			control_check(&daemon->control, now);
		if (now - ticked >= TICK_NS) {
			ticked = now;
			tell_alive(daemon, now);
			bus_tick(&daemon->bus, now);
			control_tick(&daemon->control, now);
		}
		if (wait || now - looked >= LOOK_NS) {
			loop_wait(&daemon->loop, wait);
			looked = clock_ns();
		} else if (!worked && pace_yields(&daemon->pace, now)) {
			sched_yield();
		}
	}
	if (daemon->control.upgrade) {
		log_info("the pvpcid that is installed now goes on");
		return DAEMON_REPLACED;
	}
	notify_stopping();
	bus_stop(&daemon->bus);
	return daemon->failed ? DAEMON_FAILED : DAEMON_STOPPED;
}
