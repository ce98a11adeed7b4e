# SPDX-License-Identifier: GPL-2.0
#
# Fuzzers of the device models (libFuzzer, ASan, UBSan):
#	make -f models.mk OUT=DIR
#	make -f models.mk OUT=DIR TIME=60 run	each for so many seconds

OUT	?= ../../../build/fuzz
CLANG	?= clang
TIME	?= 10
TOOLS	:= ../..
FLAGS	:= -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I$(TOOLS)/../include/uapi \
	-I$(TOOLS)/lib/pvpci -I$(TOOLS)/pvpcid \
	-O1 -g -std=gnu11 -Wall -Wextra -Werror -fno-strict-aliasing -pthread \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

MODELS	:= $(sort $(wildcard $(addprefix $(TOOLS)/pvpcid/,models/*.c models/*/*.c \
	io/blockio*.c base/*.c))) ../unit/fakebus.c
HEADERS	:= $(wildcard $(addprefix $(TOOLS)/pvpcid/,models/*.h models/*/*.h io/*.h base/*.h) \
	../unit/fakebus.h)
TARGETS	:= fuzz_nvme fuzz_testdev

all: $(TARGETS:%=$(OUT)/%)

$(OUT)/fuzz_%: fuzz_%.c $(MODELS) $(HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(FLAGS) -o $@ $(filter %.c,$^) -ljansson -luring

# The output goes to a file, so that a failure is not hidden by a pipe.
run: all
	@set -e; for t in $(TARGETS); do mkdir -p $(OUT)/corpus/$$t; \
		$(OUT)/$$t -max_total_time=$(TIME) -timeout=30 -rss_limit_mb=2048 \
		-artifact_prefix=$(OUT)/ -len_control=0 -max_len=2048 $(OUT)/corpus/$$t \
		>$(OUT)/$$t.log 2>&1 || { tail -n 60 $(OUT)/$$t.log; exit 1; }; \
		tail -n 1 $(OUT)/$$t.log | sed "s/^/$$t: /"; done

.PHONY: all run
