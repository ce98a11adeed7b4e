# SPDX-License-Identifier: GPL-2.0
#
# Fuzzer of the rebalance planner (libFuzzer, ASan, UBSan), and random trees against brute force:
#	make -f plan.mk OUT=DIR
#	make -f plan.mk OUT=DIR TIME=60 run	for so many seconds, and 5,000 trees for each

OUT	?= ../../../build/fuzz
CLANG	?= clang
TIME	?= 10
FLAGS	:= -O1 -g -std=gnu11 -Wall -Wextra -Werror -Wno-sign-compare -fno-common \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
PLAN	:= ../../../drivers/pci/rebalance
SRC	:= fuzz_plan.c ../unit/plan_oracle.c ../unit/plan_replay.c $(sort $(wildcard $(PLAN)/plan*.c))

$(OUT)/fuzz_plan: $(SRC) ../unit/plan_oracle.h $(wildcard $(PLAN)/plan*.h)
	@mkdir -p $(@D)
	$(CLANG) $(FLAGS) -o $@ $(SRC)

run: $(OUT)/fuzz_plan
	@mkdir -p $(OUT)/corpus/fuzz_plan
	@$< -max_total_time=$(TIME) -timeout=20 -rss_limit_mb=2048 -artifact_prefix=$(OUT)/ \
		-max_len=512 $(OUT)/corpus/fuzz_plan >$(OUT)/fuzz_plan.log 2>&1 || \
		{ tail -n 60 $(OUT)/fuzz_plan.log; exit 1; }
	@tail -n 1 $(OUT)/fuzz_plan.log | sed "s/^/fuzz_plan: /"
	@$(MAKE) -s -C ../unit -f plan.mk OUT=$(abspath $(OUT)) $(abspath $(OUT))/plan_test
	@PLAN_SEED=0x$$(od -An -N7 -tx1 /dev/urandom | tr -d ' ')1 \
		PLAN_ROUNDS=$$(($(TIME) * 5000)) $(OUT)/plan_test bridges

.PHONY: run
