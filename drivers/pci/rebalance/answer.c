// SPDX-License-Identifier: GPL-2.0
/*
 * answer.c - what the last request came to, in words
 *
 * Written by whoever makes a request, published when it has ended, so that reading it never waits
 * for a request.
 */
#include <linux/mutex.h>
#include <linux/slab.h>

#include "answer.h"

/* Protects published, and is held only to copy it. Innermost. */
static DEFINE_MUTEX(answer_lock);
static struct answer *published;

/**
 * answer_new - begin an answer
 *
 * Return: an empty one for answer_publish() or answer_drop(), or NULL.
 */
struct answer *answer_new(void)
{
	struct answer *answer = kvzalloc(sizeof(*answer), GFP_KERNEL);

	if (!answer)
		return NULL;
	seq_buf_init(&answer->result, answer->result_text, sizeof(answer->result_text));
	seq_buf_init(&answer->plan, answer->plan_text, sizeof(answer->plan_text));
	return answer;
}

/**
 * answer_publish - this is the last answer from now on
 * @answer: from answer_new(); not to be used any more
 */
void answer_publish(struct answer *answer)
{
	mutex_lock(&answer_lock);
	swap(answer, published);
	mutex_unlock(&answer_lock);
	kvfree(answer);
}

/**
 * answer_drop - the last answer stays what it is
 * @answer: from answer_new(); not to be used any more
 */
void answer_drop(struct answer *answer)
{
	kvfree(answer);
}

/**
 * answer_refuse - tell why a request was not even looked at
 * @error: what its writer gets
 * @why: reason
 */
void answer_refuse(int error, const char *why)
{
	struct answer *answer = answer_new();

	if (!answer)
		return;
	seq_buf_printf(&answer->result, "failed %d: %s\n", error, why);
	answer_publish(answer);
}

/**
 * answer_result - how the last request ended
 * @text: one line is added, nothing if there was none
 */
void answer_result(struct seq_buf *text)
{
	mutex_lock(&answer_lock);
	if (published)
		seq_buf_printf(text, "%s", published->result_text);
	mutex_unlock(&answer_lock);
}

/**
 * answer_plan - its plan
 * @text: the plan is added
 */
void answer_plan(struct seq_buf *text)
{
	mutex_lock(&answer_lock);
	if (published)
		seq_buf_printf(text, "%s", published->plan_text);
	mutex_unlock(&answer_lock);
}

/**
 * answer_exit - forget it
 */
void answer_exit(void)
{
	kvfree(published);
	published = NULL;
}
