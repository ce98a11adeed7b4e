/* SPDX-License-Identifier: GPL-2.0 */
/*
 * answer.h - what the last request came to, in words
 */
#ifndef PCI_REBALANCE_ANSWER_H
#define PCI_REBALANCE_ANSWER_H

#include <linux/seq_buf.h>

#define ANSWER_RESULT_BYTES	1024
#define ANSWER_PLAN_BYTES	(64 * 1024)

/**
 * struct answer - to one request
 * @result: one line
 * @plan: one line for each change, empty without a plan
 * @result_text: memory of @result
 * @plan_text: memory of @plan
 */
struct answer {
	struct seq_buf result;
	struct seq_buf plan;
	char result_text[ANSWER_RESULT_BYTES];
	char plan_text[ANSWER_PLAN_BYTES];
};

struct answer *answer_new(void);
void answer_publish(struct answer *answer);
void answer_drop(struct answer *answer);
void answer_refuse(int error, const char *why);
void answer_result(struct seq_buf *text);
void answer_plan(struct seq_buf *text);
void answer_exit(void);

#endif
