# SPDX-License-Identifier: GPL-2.0
#
# Unit tests of the device models: one program.
#	make -f models.mk OUT=/tmp/models SANITIZE=address,undefined check

OUT	?= ../../../build/unit/models
override OUT := $(abspath $(OUT))
CC	?= gcc
TOOLS	:= ../../

override CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I$(TOOLS)/../include/uapi \
	-I$(TOOLS)/lib/pvpci -I$(TOOLS)/pvpcid
MODELS_CFLAGS := -O1 -g -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla -Werror \
	-fno-strict-aliasing -fno-common -pthread -DOPEN_S=1U
ifneq ($(SANITIZE),)
MODELS_CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif

MODELS_SRC := $(sort $(wildcard model_*.c nvme_*.c)) fakebus.c stores.c \
	$(sort $(wildcard $(addprefix $(TOOLS)/pvpcid/,models/*.c models/*/*.c \
		io/blockio*.c base/*.c)))
MODELS_OBJ := $(patsubst %.c,$(OUT)/%.o,$(subst $(TOOLS),tools,$(MODELS_SRC)))

$(OUT)/model_test: $(MODELS_OBJ)
	$(CC) $(MODELS_CFLAGS) $(foreach f,malloc calloc strdup posix_memalign preadv64 open64 \
		preadv64v2 pwritev64v2 fdatasync fallocate64 mmap64 close fsetxattr,-Wl,--wrap=$(f)) \
		-o $@ $^ -lcmocka -ljansson -luring

$(OUT)/tools/%.o: $(TOOLS)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(MODELS_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(MODELS_CFLAGS) -MMD -MP -c -o $@ $<

check: $(OUT)/model_test
	$<

-include $(MODELS_OBJ:.o=.d)
.PHONY: check
