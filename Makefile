# mlpgen's build: one file, no configure. Everything made goes to build/ (B=DIR for another place).
# `make help` lists the targets; CONTRIBUTING.md says what they are for.

B        = build
VERSION := $(shell sed -n 's/.*MLPGEN_VERSION "\(.*\)"/\1/p' compiler/version.h)
PREFIX   = /usr/local
DESTDIR  =
HOSTCC   = $(CC)
CFLAGS   = -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -pedantic -Werror
DEPFLAGS = -MMD -MP
BISON    = bison
FLEX     = flex

# Sources are found, not listed: a new file is built because it is there.
compiler  := $(filter-out compiler/main.c,$(wildcard compiler/*.c compiler/ops/*.c))
generated := $(B)/parse.tab.c $(B)/scan.c $(B)/embed.c
runtime   := $(filter-out runtime/nogzip.c,$(wildcard runtime/*.c runtime/data/*.c))
embedded  := $(filter-out runtime/gzip.c,$(wildcard runtime/*.c runtime/data/*.c))
headers   := $(wildcard runtime/*.h runtime/data/*.h)
public    := $(wildcard runtime/mlprt/*.h)
units     := $(wildcard tests/unit/*.c)
smith     := $(wildcard tests/smith/*.c)
manuals   := $(wildcard docs/man/*.scd)
fuzzers   := $(patsubst tests/fuzz/%.c,fuzz-%,$(wildcard tests/fuzz/*.c))

compiler_objects := $(compiler:%.c=$(B)/%.o) $(generated:.c=.o)
runtime_objects  := $(runtime:%.c=$(B)/%.o)
shared_objects   := $(filter $(B)/runtime/sha256%,$(runtime_objects))
unit_objects     := $(units:%.c=$(B)/%.o)
evaluators       := $(B)/oracle $(B)/gradients $(B)/parity

.PHONY: all help demo check check-san check-seeds check-math check-gradients check-parity check-matrix \
    check-smith check-mutants check-census check-portable fuzz record-parity record-census bench manual lint format install uninstall clean
.DELETE_ON_ERROR:
.SUFFIXES:

all: $(B)/mlpgen $(B)/libmlprt.a $(B)/mlprt.pc ## the compiler and the runtime (default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# ---- the compiler ----

$(B)/mlpgen: $(B)/compiler/main.o $(B)/libmlpgen.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -lm -o $@

$(B)/libmlpgen.a: $(compiler_objects) $(shared_objects) $(B)/sources
	rm -f $@ && $(AR) rcs $@ $(compiler_objects) $(shared_objects)

$(B)/compiler/%.o: compiler/%.c $(B)/flags | $(B)/parse.tab.h
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) $(DEPFLAGS) -Icompiler -I. -I$(B) -c $< -o $@

$(B)/parse.tab.c: compiler/parse.y
	@mkdir -p $(@D)
	@command -v $(BISON) >/dev/null && command -v $(FLEX) >/dev/null || \
	    { echo 'bison and flex are needed: tools/install-deps build' >&2; exit 1; }
	$(BISON) -Wall -Wcex -Werror --header=$(B)/parse.tab.h -o $@ $<

$(B)/parse.tab.h: $(B)/parse.tab.c ;

$(B)/scan.c: compiler/scan.l
	@mkdir -p $(@D)
	$(FLEX) -o $@ $<

# What flex and bison write keeps a few warnings back.
$(B)/parse.tab.o $(B)/scan.o: private WARNINGS = -Wall -Wextra -Wno-sign-compare -Wno-unused-function -Werror
$(B)/parse.tab.o $(B)/scan.o $(B)/embed.o: $(B)/%.o: $(B)/%.c $(B)/flags | $(B)/parse.tab.h
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) $(DEPFLAGS) -Icompiler -I$(B) -c $< -o $@

# The runtime as text inside the compiler, for --standalone.
$(B)/embed.c: $(B)/tools/embed $(embedded) $(headers) $(public) $(B)/sources
	$(B)/tools/embed runtime/posix.h runtime/mlprt.h $(public) $(embedded) > $@

# It runs while the compiler is built: by HOSTCC, where that is built for another machine.
$(B)/tools/embed: tools/embed.c
	@mkdir -p $(@D)
	$(HOSTCC) -std=c11 $(WARNINGS) $(CFLAGS) $< -o $@

# ---- the runtime ----

$(B)/libmlprt.a: $(runtime_objects) $(B)/sources
	rm -f $@ && $(AR) rcs $@ $(runtime_objects)

$(B)/runtime/%.o: runtime/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) $(DEPFLAGS) -Iruntime -c $< -o $@

# ---- tests ----

check: ## all tests, after installing what they need
	@tools/install-deps build check
	@echo 'building …'
	@$(MAKE) -s --no-print-directory all $(B)/unit $(evaluators) $(B)/vector_math.h $(B)/tables \
	    $(B)/mlpgen-smith
	@tools/run-tests $(B)

check-san: ## unit tests and trainers under the address and undefined-behaviour sanitizers
	@tools/install-deps build check
	$(MAKE) B=$(B)/san CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' \
	    all $(B)/san/unit $(B)/san/parity $(B)/san/mlpgen-smith
	tools/run-san $(B)/san

check-portable: ## mlpgen with musl and as a 32-bit program: the same output, the same messages (three minutes)
	@tools/install-deps build check matrix
	@$(MAKE) -s --no-print-directory $(B)/mlpgen
	@$(MAKE) -s --no-print-directory B=$(B)/musl CC=musl-gcc $(B)/musl/mlpgen
	@$(MAKE) -s --no-print-directory B=$(B)/i686 CC='i686-linux-gnu-gcc -msse2 -mfpmath=sse' HOSTCC=$(CC) \
	    LDFLAGS=-static $(B)/i686/mlpgen
	@tools/check-portable $(B)

T = 60
fuzz: ## T seconds (60) of libFuzzer for every reader of files, under the sanitizers
	@tools/install-deps build fuzz
	@$(MAKE) -s --no-print-directory B=$(B)/fuzz CC=clang \
	    CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all' \
	    $(fuzzers:%=$(B)/fuzz/%)
	@tests/fuzz/run $(B) $(T)

$(B)/fuzz-%: tests/fuzz/%.c tests/fuzz/memory_file.h $(B)/libmlpgen.a $(B)/libmlprt.a
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -fsanitize=fuzzer -Icompiler -Iruntime $< $(B)/libmlpgen.a \
	    $(B)/libmlprt.a -ldeflate -lm -o $@

check-seeds: ## the accuracy that the examples promise, seeds 1 to 5 (two minutes)
	@tools/install-deps build demo
	@$(MAKE) -s --no-print-directory all
	tools/five-seeds $(B)

check-math: $(B)/check_math ## errors of the runtime's mathematics over all 2^32 floats (five minutes)
	@mkdir -p docs/results
	@$(B)/check_math > docs/results/math.txt; status=$$?; cat docs/results/math.txt; exit $$status

check-gradients: ## every combination of words against differences, the table kept in docs/results
	@tools/install-deps build check
	@$(MAKE) -s --no-print-directory $(B)/gradients
	@mkdir -p docs/results
	@$(B)/gradients > docs/results/gradients.txt; status=$$?; cat docs/results/gradients.txt; exit $$status

check-matrix: ## the same bytes from every build and run, the table kept in docs/results (10 minutes)
	@tools/install-deps build check matrix
	@$(MAKE) -s --no-print-directory all $(B)/oracle
	@mkdir -p docs/results
	@{ tests/matrix/matrix.py $(B) --control && tests/matrix/matrix.py $(B); } > docs/results/matrix.txt; \
	    status=$$?; cat docs/results/matrix.txt; exit $$status

check-smith: ## a thousand random models against the evaluator, the counts kept in docs/results (an hour)
	@tools/install-deps build check
	@$(MAKE) -s --no-print-directory all $(B)/oracle $(B)/mlpgen-smith
	@mkdir -p docs/results
	@tests/smith/run $(B) 1000 --least 20 > docs/results/smith.txt; status=$$?; \
	cat docs/results/smith.txt; exit $$status

check-parity: ## gradients and training against what PyTorch computed, the table kept in docs/results
	@tools/install-deps build
	@$(MAKE) -s --no-print-directory $(B)/parity
	@mkdir -p docs/results
	@tools/check-parity $(B) > docs/results/parity.txt; status=$$?; \
	cat docs/results/parity.txt; exit $$status

check-mutants: ## single faults in the sources, each seen by its test, the table kept in docs/results (8 minutes)
	@tools/install-deps build check
	@mkdir -p docs/results
	@tests/mutants/run > docs/results/mutants.txt; status=$$?; cat docs/results/mutants.txt; exit $$status

check-census: ## assembly, instructions and sizes, the table kept in docs/results (3 minutes)
	@tools/install-deps build check census
	@$(MAKE) -s --no-print-directory all
	@mkdir -p docs/results
	@{ tests/census/run $(B) --control && tests/census/run $(B); } > docs/results/census.txt; \
	    status=$$?; cat docs/results/census.txt; exit $$status

record-census: ## the instructions of tiny networks, recorded anew, after showing the differences
	@tools/install-deps build census
	@$(MAKE) -s --no-print-directory all
	@tests/census/run $(B) --record

record-parity: ## what PyTorch computes, recorded anew, after showing the differences
	@tools/install-deps parity
	@tests/parity/record.py

bench: ## speed against the machine's peak and against others, the table kept in docs/results (20 minutes)
	@tools/install-deps build bench demo
	@$(MAKE) -s --no-print-directory all
	@mkdir -p docs/results
	@bench/run $(B) > $(B)/bench.txt && cp $(B)/bench.txt docs/results/bench.txt && cat docs/results/bench.txt

# What the reference evaluator computes: as a trainer, which emitted code is compared with; compared
# with differences for every combination of words; and compared with PyTorch.
$(B)/oracle: tests/oracle/oracle.c
$(B)/gradients: tests/gradients/gradients.c
$(B)/parity: tests/parity/parity.c
$(evaluators): tests/oracle/evaluated.c tests/oracle/evaluated.h $(B)/libmlpgen.a $(B)/libmlprt.a $(B)/flags
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -Icompiler -Iruntime -I. $(filter %.c,$^) $(filter %.a,$^) \
	    -ldeflate -lm -o $@

# The vector functions that mlpgen writes, all of them; and their comparison with the scalar ones.
$(B)/vector_math.h: tests/math/vector_math.c $(B)/libmlpgen.a
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -Icompiler -I. $^ -lm -o $(B)/vector_math
	$(B)/vector_math > $@

$(B)/check_math: tests/math/check_math.c $(B)/vector_math.h runtime/mlprt/math.h
	$(CC) -std=c11 $(WARNINGS) -O3 -march=native -fopenmp -Iruntime -I$(B) $< -lm -o $@

# Random models, which oracle and emitted code have to agree on.
$(B)/mlpgen-smith: $(smith) $(wildcard tests/smith/*.h) $(B)/libmlpgen.a
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -Icompiler -I. $(smith) $(B)/libmlpgen.a -lm -o $@

$(B)/unit: $(unit_objects) $(B)/libmlpgen.a $(B)/libmlprt.a $(B)/sources
	$(CC) $(CFLAGS) $(LDFLAGS) $(filter-out $(B)/sources,$^) -lcriterion -ldeflate -lm -o $@

$(B)/tests/unit/%.o: tests/unit/%.c $(B)/flags | $(B)/parse.tab.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror $(CFLAGS) $(DEPFLAGS) -Icompiler -Iruntime -I. -I$(B) \
	    -c $< -o $@

lint: ## formatting, layering, static analysis
	@tools/install-deps build lint
	@$(MAKE) -s --no-print-directory all
	tools/lint $(B)

format: ## clang-format on everything
	@tools/install-deps lint
	clang-format -i $$(git ls-files '*.c' '*.h')

manual: $(B)/tables ## the tables in docs/language.md, anew from those of the sources
	$(B)/tables < docs/language.md > $(B)/language.md
	cmp -s $(B)/language.md docs/language.md || cp $(B)/language.md docs/language.md

$(B)/tables: tools/tables.c $(B)/libmlpgen.a $(B)/libmlprt.a $(B)/flags
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -Icompiler -Iruntime -I. $(filter %.c,$^) $(filter %.a,$^) \
	    -ldeflate -lm -o $@

# ---- from the model to the trained network ----

demo: ## train on Fashion-MNIST, from nothing, after installing what that needs
	@tools/install-deps build demo
	@echo 'building …'
	@$(MAKE) -s --no-print-directory all
	@tools/demo $(B)

# The runtime where it lies, for PKG_CONFIG_PATH=build.
$(B)/mlprt.pc: tools/mlprt.pc.in compiler/version.h
	@mkdir -p $(@D)
	sed 's|@VERSION@|$(VERSION)|; s|^includedir=.*|includedir=$(CURDIR)/runtime|; s|^libdir=.*|libdir=$(abspath $(B))|' \
	    $< > $@

# ---- installation ----

bindir     = $(DESTDIR)$(PREFIX)/bin
includedir = $(DESTDIR)$(PREFIX)/include
libdir     = $(DESTDIR)$(PREFIX)/lib
man1dir    = $(DESTDIR)$(PREFIX)/share/man/man1

install: all ## into PREFIX (/usr/local), below DESTDIR
	install -d $(bindir) $(includedir)/mlprt $(libdir)/pkgconfig $(man1dir)
	install -m 755 $(B)/mlpgen $(bindir)
	install -m 644 runtime/mlprt.h $(includedir)
	install -m 644 $(public) $(includedir)/mlprt
	install -m 644 $(B)/libmlprt.a $(libdir)
	sed 's/@VERSION@/$(VERSION)/' tools/mlprt.pc.in > $(libdir)/pkgconfig/mlprt.pc
	chmod 644 $(libdir)/pkgconfig/mlprt.pc
	@for page in $(manuals); do \
	    name=$$(basename $$page .scd); \
	    if command -v scdoc >/dev/null; then \
	        echo "tools/manual $(B) $$page | scdoc > $(man1dir)/$$name"; \
	        tools/manual $(B) $$page | scdoc > $(man1dir)/$$name || exit 1; \
	        chmod 644 $(man1dir)/$$name; \
	    else \
	        echo "note: scdoc is not installed: the manual page $$name is left out"; \
	    fi; \
	done

uninstall: ## what install put there
	rm -f $(bindir)/mlpgen $(includedir)/mlprt.h $(libdir)/libmlprt.a $(libdir)/pkgconfig/mlprt.pc
	rm -f $(public:runtime/%=$(includedir)/%)
	rm -f $(patsubst docs/man/%.scd,$(man1dir)/%,$(manuals))
	-rmdir $(includedir)/mlprt

clean: ## remove build/
	rm -rf $(B)

# Objects depend on the compiler and its flags: changing either builds them anew. What is made of all
# sources depends on their list: one that is deleted leaves it.
$(B)/flags: private text = $(CC) $(CFLAGS) $(WARNINGS)
$(B)/sources: private text = $(compiler) $(runtime) $(embedded) $(headers) $(public) $(units)
$(B)/flags $(B)/sources: force
	@mkdir -p $(@D)
	@echo '$(text)' | cmp -s - $@ || echo '$(text)' > $@
.PHONY: force
force:

-include $(compiler_objects:.o=.d) $(B)/compiler/main.d $(runtime_objects:.o=.d) $(unit_objects:.o=.d)
