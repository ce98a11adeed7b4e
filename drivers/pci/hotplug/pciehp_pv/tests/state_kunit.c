// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the step function: every pair of state and event against tables of
 * what it must lead to (pairs.h), and against rules that hold for all of them.
 */
#include "../state.h"
#include "pairs.h"
#include "shim.h"

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/module.h>
#include <linux/string.h>
#else
#define hweight32(w) ((unsigned int)__builtin_popcount(w))
#endif

#define NOW	1000000ULL

static const struct hpv_params fast = {
	.power_ctrl = true, .virtual_slot = true,
};

static const struct hpv_params spec = {
	.slot_delay_ms = HPV_SPEC_SLOT_MS,
	.power_off_delay_ms = HPV_SPEC_POWER_OFF_MS,
	.link_delay_ms = HPV_SPEC_LINK_MS,
	.power_ctrl = true,
};

/* A virtual slot with delays, on which everything happened before. */
static const struct hpv_params mixed = {
	.slot_delay_ms = 700, .power_off_delay_ms = 600, .link_delay_ms = 50,
	.power_ctrl = true, .virtual_slot = true,
};

static bool waits(enum hpv_state state)
{
	return state == HPV_BLINK_ON || state == HPV_BLINK_OFF || state == HPV_LINK ||
	       state == HPV_SETTLE || state == HPV_DISCHARGE;
}

/* A slot in some state whose timer is due and whose limit is not. */
static struct hpv_machine machine(enum hpv_state state)
{
	struct hpv_machine m = { .state = state };

	if (waits(state)) {
		m.wake_ms = NOW;
		m.limit_ms = NOW + 500;
	}
	return m;
}

/* The letters of a set of bits, each bit's in its place. */
static char *letters(char *out, const char *names, u32 bits)
{
	for (; bits && *names; bits >>= 1, names++)
		if (bits & 1)
			*out++ = *names;
	return out;
}

/* A step in a word, see pairs.h. */
static void describe(const struct hpv_step *s, char word[PAIR_WIDTH + 1])
{
	const struct hpv_machine *n = &s->next;
	u32 flags = n->again | n->emptied << 1 | n->gone_seen << 2 | n->kept_power << 3 |
		    n->seen << 4;
	char *out = word;

	memset(word, ' ', PAIR_WIDTH);
	word[PAIR_WIDTH] = 0;
	if (s->note == HPV_NOTE_UNEXPECTED) {
		*out = '-';
		return;
	}
	*out++ = "ObLSANxRC"[n->state];
	*out++ = ".bcia>+!f<sp"[s->note];
	out = letters(out, "PpI~iAa", s->actions & HPV_CONTROLS);
	out = letters(out, "ornsmv", s->actions >> 8);
	if (flags)
		*out++ = ':';
	letters(out, "aegks", flags);
}

static void check_pairs(struct kunit *test, const struct hpv_params *params,
			const char * const (*pairs)[2], bool late)
{
	int state, event;

	for (state = 0; state < HPV_STATES; state++) {
		KUNIT_EXPECT_EQ(test, (int)(strlen(pairs[state][0]) + strlen(pairs[state][1])),
				HPV_EVENTS * PAIR_WIDTH);
		for (event = 0; event < HPV_EVENTS; event++) {
			const char *expected = pairs[state][event / 8] + event % 8 * PAIR_WIDTH;
			struct hpv_machine m = machine(state);
			struct hpv_step s;
			char got[PAIR_WIDTH + 1];

			if (late) {
				m.again = true;
				m.emptied = true;
				m.gone_seen = true;
				m.kept_power = true;
				m.seen = true;
				m.limit_ms = NOW;
			}
			s = hpv_step(m, event, params, NOW);
			describe(&s, got);
			KUNIT_EXPECT_TRUE_MSG(test, !strncmp(got, expected, PAIR_WIDTH),
					      "%s in %s: %s, not %.*s",
					      hpv_event_name(event), hpv_state_name(state),
					      got, PAIR_WIDTH, expected);
		}
	}
}

static void every_pair_fast(struct kunit *test)
{
	check_pairs(test, &fast, fast_pairs, false);
}

static void every_pair_spec(struct kunit *test)
{
	check_pairs(test, &spec, spec_pairs, false);
}

static void every_pair_late(struct kunit *test)
{
	check_pairs(test, &mixed, late_pairs, true);
}

/* On a virtual slot, may this step switch power and indicator off together? */
static bool may_eject(const struct hpv_machine *m, enum hpv_event event)
{
	switch (event) {
	case HPV_EV_REMOVED:
		return !m->emptied;
	case HPV_EV_BUTTON:
	case HPV_EV_REQ_OFF:
	case HPV_EV_ADD_FAILED:
	case HPV_EV_FAULT:
		return true;
	case HPV_EV_NOT_READY:
	case HPV_EV_PRESENT:
		return m->limit_ms <= NOW;
	default:
		return false;
	}
}

/* Rules that hold for every step, whatever the parameters. */
static void check_rules(struct kunit *test, struct hpv_machine m, enum hpv_event event,
			const struct hpv_params *p)
{
	struct hpv_step s = hpv_step(m, event, p, NOW);
	const struct hpv_machine *n = &s.next;
	const char *from = hpv_state_name(m.state), *name = hpv_event_name(event);
	u32 a = s.actions;

	KUNIT_EXPECT_TRUE_MSG(test, n->state < HPV_STATES, "%s in %s", name, from);
	KUNIT_EXPECT_TRUE_MSG(test, hweight32(a & HPV_ASKS) <= 1, "%s in %s: two questions",
			      name, from);
	KUNIT_EXPECT_TRUE_MSG(test, hweight32(a & (HPV_POWER_ON | HPV_POWER_OFF)) <= 1 &&
			      hweight32(a & (HPV_IND_ON | HPV_IND_BLINK | HPV_IND_OFF)) <= 1 &&
			      hweight32(a & (HPV_ATTN_ON | HPV_ATTN_OFF)) <= 1,
			      "%s in %s: contradicting controls %x", name, from, a);

	/* Nothing is waited for without end, and nothing wakes a slot at rest. */
	KUNIT_EXPECT_TRUE_MSG(test, waits(n->state) == !!n->wake_ms,
			      "%s in %s: %s with wake %llu", name, from,
			      hpv_state_name(n->state), (unsigned long long)n->wake_ms);
	if (s.note != HPV_NOTE_UNEXPECTED && n->wake_ms && n->state != m.state)
		KUNIT_EXPECT_TRUE_MSG(test, n->wake_ms > NOW &&
				      n->wake_ms <= NOW + HPV_SPEC_SLOT_MS,
				      "%s in %s: wakes at %llu", name, from,
				      (unsigned long long)n->wake_ms);
	/* After a timer or a vain question nobody waits for the past. */
	if ((event == HPV_EV_TIMER || event == HPV_EV_NOT_READY) && n->wake_ms)
		KUNIT_EXPECT_TRUE_MSG(test, s.note == HPV_NOTE_UNEXPECTED || n->wake_ms > NOW,
				      "%s in %s: wakes at once, for ever", name, from);
	/* A state that awaits an answer was entered with its question. */
	if (n->state == HPV_ADD && m.state != HPV_ADD)
		KUNIT_EXPECT_TRUE_MSG(test, a & HPV_ASK_ADD, "%s in %s", name, from);
	if (n->state == HPV_REMOVE && m.state != HPV_REMOVE)
		KUNIT_EXPECT_TRUE_MSG(test, a & (HPV_ASK_REMOVE | HPV_ASK_REMOVE_GONE),
				      "%s in %s", name, from);

	if (s.note == HPV_NOTE_UNEXPECTED)
		KUNIT_EXPECT_TRUE_MSG(test, !a && n->state == m.state,
				      "%s in %s is not possible, but does %x", name, from, a);
	if (!p->slot_delay_ms)
		KUNIT_EXPECT_FALSE_MSG(test, a & HPV_IND_BLINK, "%s in %s blinks", name, from);
	KUNIT_EXPECT_TRUE_MSG(test, s.saved_ms <= HPV_SPEC_SLOT_MS + HPV_SPEC_POWER_OFF_MS,
			      "%s in %s saves %u", name, from, s.saved_ms);

	if (p->virtual_slot && a & HPV_POWER_OFF && !(a & (HPV_IND_ON | HPV_IND_BLINK)))
		KUNIT_EXPECT_TRUE_MSG(test, may_eject(&m, event),
				      "%s in %s ejects what nobody asked to remove", name, from);
}

static void rules_of_every_pair(struct kunit *test)
{
	int state, event, flags, bits;

	for (bits = 0; bits < 32; bits++) {
		struct hpv_params p = {
			.slot_delay_ms = bits & 1 ? HPV_SPEC_SLOT_MS : 0,
			.power_off_delay_ms = bits & 2 ? HPV_SPEC_POWER_OFF_MS : 0,
			.link_delay_ms = bits & 4 ? HPV_SPEC_LINK_MS : 0,
			.power_ctrl = bits & 8,
			.virtual_slot = bits & 16,
		};

		for (flags = 0; flags < 32; flags++)
			for (state = 0; state < HPV_STATES; state++)
				for (event = 0; event < HPV_EVENTS; event++) {
					struct hpv_machine m = machine(state);

					m.again = flags & 1;
					m.emptied = flags & 2;
					m.gone_seen = flags & 4;
					m.kept_power = flags & 8;
					if (flags & 16)
						m.limit_ms = NOW - 1;
					check_rules(test, m, event, &p);
				}
	}
}

/* What a step that skips or shortens a wait gives back, and nothing else does. */
static void saved_time(struct kunit *test)
{
	static const struct {
		enum hpv_state state;
		enum hpv_event event;
		const struct hpv_params *params;
		u32 saved_ms;
	} cases[] = {
		{ HPV_OFF, HPV_EV_BUTTON, &fast, 5000 },
		{ HPV_BLINK_ON, HPV_EV_TIMER, &mixed, 5000 - 700 },
		{ HPV_SETTLE, HPV_EV_READY, &fast, 100 },
		{ HPV_SETTLE, HPV_EV_READY, &mixed, 100 - 50 },
		{ HPV_ON, HPV_EV_BUTTON, &fast, 5000 },
		{ HPV_BLINK_OFF, HPV_EV_TIMER, &mixed, 5000 - 700 },
		{ HPV_REMOVE, HPV_EV_REMOVED, &fast, 1000 },
		{ HPV_REMOVE, HPV_EV_REMOVED, &mixed, 0 },
		{ HPV_DISCHARGE, HPV_EV_TIMER, &mixed, 1000 - 600 },
	};
	int state, event;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, hpv_step(machine(cases[i].state), cases[i].event,
						   cases[i].params, NOW).saved_ms,
				    cases[i].saved_ms, "case %u", i);
	for (state = 0; state < HPV_STATES; state++)
		for (event = 0; event < HPV_EVENTS; event++)
			KUNIT_EXPECT_EQ(test, hpv_step(machine(state), event, &spec,
						       NOW).saved_ms, 0U);
}

/* When the alarm of each state that waits goes off, and when it gives up. */
static void alarms_and_limits(struct kunit *test)
{
	static const struct {
		enum hpv_state state;
		enum hpv_event event;
		const struct hpv_params *params;
		u64 wake_ms, limit_ms;	/* from now; limit 0 is not looked at */
	} cases[] = {
		{ HPV_OFF, HPV_EV_BUTTON, &mixed, 700, 0 },
		{ HPV_OFF, HPV_EV_LINK_UP, &mixed, HPV_LINK_POLL_MS, HPV_LINK_LIMIT_MS },
		{ HPV_LINK, HPV_EV_TIMER, &mixed, HPV_LINK_POLL_MS, 500 },
		{ HPV_LINK, HPV_EV_LINK_UP, &mixed, 50, 50 + HPV_READY_LIMIT_MS },
		{ HPV_LINK, HPV_EV_LINK_UP, &fast, HPV_READY_POLL_MS, HPV_READY_LIMIT_MS },
		{ HPV_SETTLE, HPV_EV_LINK_UP, &mixed, 50, 50 + HPV_READY_LIMIT_MS },
		{ HPV_SETTLE, HPV_EV_PRESENT, &mixed, HPV_LINK_POLL_MS, HPV_LINK_LIMIT_MS },
		{ HPV_SETTLE, HPV_EV_NOT_READY, &mixed, HPV_READY_POLL_MS, 500 },
		{ HPV_ON, HPV_EV_BUTTON, &mixed, 700, 0 },
		{ HPV_REMOVE, HPV_EV_REMOVED, &mixed, 600, 0 },
	};
	struct hpv_machine m = machine(HPV_LINK);
	struct hpv_step s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		s = hpv_step(machine(cases[i].state), cases[i].event, cases[i].params, NOW);
		KUNIT_EXPECT_EQ_MSG(test, s.next.wake_ms, NOW + cases[i].wake_ms, "case %u", i);
		if (cases[i].limit_ms)
			KUNIT_EXPECT_EQ_MSG(test, s.next.limit_ms, NOW + cases[i].limit_ms,
					    "case %u", i);
	}

	/* In a physical slot presence may come until the limit, not at it. */
	KUNIT_EXPECT_EQ(test, hpv_step(m, HPV_EV_GONE, &spec, NOW).next.state, HPV_LINK);
	m.limit_ms = NOW;
	KUNIT_EXPECT_EQ(test, hpv_step(m, HPV_EV_GONE, &spec, NOW).next.state, HPV_DISCHARGE);
}

static void early_timer_is_nothing(struct kunit *test)
{
	int state;

	for (state = 0; state < HPV_STATES; state++) {
		struct hpv_machine m = machine(state);
		struct hpv_step s = hpv_step(m, HPV_EV_TIMER, &spec, NOW - 1);

		KUNIT_EXPECT_EQ(test, s.actions, 0U);
		KUNIT_EXPECT_EQ(test, s.next.state, m.state);
		KUNIT_EXPECT_EQ(test, s.next.wake_ms, m.wake_ms);
	}
}

static void decode(struct kunit *test)
{
	enum hpv_event e[HPV_DECODE_MAX];

	/* A press alone. */
	KUNIT_EXPECT_EQ(test, hpv_decode(HPV_STA_ABP, HPV_EV_LINK_UP, e), 1);
	KUNIT_EXPECT_EQ(test, e[0], HPV_EV_BUTTON);
	/* What QEMU latches when it plugs a device: no press. */
	KUNIT_EXPECT_EQ(test, hpv_decode(HPV_STA_ABP | HPV_STA_PDC, HPV_EV_LINK_UP, e), 1);
	KUNIT_EXPECT_EQ(test, e[0], HPV_EV_LINK_UP);
	KUNIT_EXPECT_EQ(test, hpv_decode(HPV_STA_ABP | HPV_STA_PDC | HPV_STA_DLLSC,
					 HPV_EV_GONE, e), 1);
	KUNIT_EXPECT_EQ(test, e[0], HPV_EV_GONE);
	/* A press while the link flaps is still one. */
	KUNIT_EXPECT_EQ(test, hpv_decode(HPV_STA_ABP | HPV_STA_DLLSC, HPV_EV_LINK_UP, e), 2);
	KUNIT_EXPECT_EQ(test, e[0], HPV_EV_LINK_UP);
	KUNIT_EXPECT_EQ(test, e[1], HPV_EV_BUTTON);
	KUNIT_EXPECT_EQ(test, hpv_decode(HPV_STA_EVENTS, HPV_EV_GONE, e), 2);
	KUNIT_EXPECT_EQ(test, e[0], HPV_EV_FAULT);
	KUNIT_EXPECT_EQ(test, hpv_decode(0, HPV_EV_LINK_UP, e), 0);

	KUNIT_EXPECT_EQ(test, hpv_level(true, true), HPV_EV_LINK_UP);
	KUNIT_EXPECT_EQ(test, hpv_level(false, true), HPV_EV_LINK_UP);
	KUNIT_EXPECT_EQ(test, hpv_level(true, false), HPV_EV_PRESENT);
	KUNIT_EXPECT_EQ(test, hpv_level(false, false), HPV_EV_GONE);
}

static void queue(struct kunit *test)
{
	struct hpv_queue q = { .head = ~0U, .tail = ~0U };	/* about to wrap */
	unsigned int i;

	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), 0);
	for (i = 0; i < HPV_QUEUE; i++)
		KUNIT_EXPECT_TRUE(test, hpv_queue_push(&q, i & 1 ? HPV_STA_DLLSC : HPV_STA_ABP));
	KUNIT_EXPECT_TRUE(test, !hpv_queue_push(&q, HPV_STA_ABP));
	for (i = 0; i < HPV_QUEUE; i++)
		KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), i & 1 ? HPV_STA_DLLSC : HPV_STA_ABP);
	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), 0);

	/* A presence change voids the presses before it, not those after. */
	hpv_queue_push(&q, HPV_STA_ABP);
	hpv_queue_push(&q, HPV_STA_ABP | HPV_STA_DLLSC);
	hpv_queue_push(&q, HPV_STA_ABP | HPV_STA_PDC);
	hpv_queue_push(&q, HPV_STA_ABP);
	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), HPV_STA_DLLSC);
	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), HPV_STA_ABP | HPV_STA_PDC);
	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), HPV_STA_ABP);
	KUNIT_EXPECT_EQ(test, hpv_queue_pop(&q), 0);
}

/* Taking over never removes anything and never ejects. */
static void start(struct kunit *test)
{
	int bits;

	for (bits = 0; bits < 32; bits++) {
		struct hpv_params p = { .virtual_slot = bits & 8, .power_ctrl = bits & 16 };
		bool functions = bits & 1, occupied = bits & 2, powered = bits & 4;
		struct hpv_step s = hpv_start(&p, functions, occupied, powered);

		KUNIT_EXPECT_EQ(test, s.next.state, functions ? HPV_ON : HPV_OFF);
		KUNIT_EXPECT_EQ(test, s.next.wake_ms, (u64)0);
		if (functions && occupied)
			KUNIT_EXPECT_EQ(test, s.actions, HPV_IND_ON);
		if (functions != occupied)
			KUNIT_EXPECT_TRUE(test, s.actions & HPV_ASK_OCCUPIED);
		if (p.virtual_slot)
			KUNIT_EXPECT_EQ(test, s.actions & HPV_POWER_OFF, 0U);
	}
}

/* An empty slot looks switched off, and is, where that cannot eject anything. */
static void start_empty(struct kunit *test)
{
	static const struct {
		bool virtual_slot, power_ctrl, powered;
		u32 actions;
		bool kept_power;
	} cases[] = {
		{ false, false, false, HPV_IND_OFF, false },
		{ false, false, true,  HPV_IND_OFF, false },
		{ false, true,  false, HPV_IND_OFF, false },
		{ false, true,  true,  HPV_POWER_OFF | HPV_IND_OFF, false },
		{ true,  false, false, 0, false },
		{ true,  false, true,  0, false },
		{ true,  true,  false, 0, false },
		{ true,  true,  true,  HPV_IND_OFF, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hpv_params p = {
			.virtual_slot = cases[i].virtual_slot,
			.power_ctrl = cases[i].power_ctrl,
		};
		struct hpv_step s = hpv_start(&p, false, false, cases[i].powered);

		KUNIT_EXPECT_EQ_MSG(test, s.actions, cases[i].actions, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, s.next.kept_power, cases[i].kept_power, "case %u", i);
	}
}

static void names(struct kunit *test)
{
	int i;

	for (i = 0; i < HPV_STATES; i++)
		KUNIT_EXPECT_TRUE(test, hpv_state_name(i) && *hpv_state_name(i));
	for (i = 0; i < HPV_EVENTS; i++)
		KUNIT_EXPECT_TRUE(test, hpv_event_name(i) && *hpv_event_name(i));
	KUNIT_EXPECT_EQ(test, strcmp(hpv_state_name(HPV_STATES), "?"), 0);
	KUNIT_EXPECT_EQ(test, strcmp(hpv_event_name(HPV_EVENTS), "?"), 0);
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(every_pair_fast),
	KUNIT_CASE(every_pair_spec),
	KUNIT_CASE(every_pair_late),
	KUNIT_CASE(rules_of_every_pair),
	KUNIT_CASE(saved_time),
	KUNIT_CASE(alarms_and_limits),
	KUNIT_CASE(early_timer_is_nothing),
	KUNIT_CASE(decode),
	KUNIT_CASE(queue),
	KUNIT_CASE(start),
	KUNIT_CASE(start_empty),
	KUNIT_CASE(names),
	{ }
};

static struct kunit_suite hpv_state_suite = {
	.name = "pciehp_pv_state",
	.test_cases = state_cases,
};

kunit_test_suites(&hpv_state_suite, &hpv_port_suite);

MODULE_DESCRIPTION("KUnit tests of pciehp_pv");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
