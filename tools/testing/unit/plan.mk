# SPDX-License-Identifier: GPL-2.0
#
# The rebalance planner in user space: brute force, random trees, the clock.
#	make -f plan.mk OUT=/tmp/plan check
#	make -f plan.mk OUT=/tmp/plan SANITIZE=address,undefined check

OUT	?= ../../../build/unit/plan
CC	?= gcc
PLAN	:= ../../../drivers/pci/rebalance

PLAN_CFLAGS := -O2 -g -std=gnu11 -Wall -Wextra -Wno-sign-compare -Wstrict-prototypes -Wvla \
	-Werror -fno-common
ifneq ($(SANITIZE),)
PLAN_CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
# Every layout takes minutes with sanitizers; the plain build tries them all.
export PLAN_STRIDE := 16
export PLAN_ROUNDS ?= 40
endif

SRC	:= $(wildcard plan_*.c) $(wildcard $(PLAN)/plan*.c)

$(OUT)/plan_test: $(SRC) plan_oracle.h $(wildcard $(PLAN)/plan*.h)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PLAN_CFLAGS) -o $@ $(SRC) -lm

check: $(OUT)/plan_test
	nice $<

.PHONY: check
