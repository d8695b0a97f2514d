# The commands one would type. Needed: Go and git; for lint also npm.

# Accord is built without cgo, else a second SQLite would be compiled in.
export CGO_ENABLED := 0

# The race detector alone needs cgo, and so a C compiler and the C library's headers. What it compiles
# in C, that second SQLite, no test runs: unoptimized it takes a third of the time. Nor can it follow the
# first, translated from C with memory of its own: not looked into, all takes half of the time.
RACE := $(shell printf '\043include <stdlib.h>\n' | $$(go env CC) -E -x c - >/dev/null 2>&1 && echo -race)

# The walks over every operation ask one thing after another: for the detector they hold nothing that the
# other tests don't, and under it they take most of an hour.
WALKS := ^(TestTwoWorlds|TestPermissionMatrix|TestUnseenIsAbsent|TestNoCanaryIsSeenByWhoMayNot)$$

.PHONY: help run build test lint generate bench

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: ## build and start the server on SQLite in ./data; ARGS="--help" and alike are passed on
	go build -trimpath -o bin/accord ./cmd/accord
	exec bin/accord serve $(ARGS)

build: ## make bin/accord, static and the same from the same source wherever it is built
	go build -trimpath -ldflags='-s -w' -o bin/accord ./cmd/accord

test: ## vet and test, on SQLite and PostgreSQL; ARGS="-run TestX -v" and alike are passed on
	go vet ./...
	go test -timeout 60m $(ARGS) ./...
ifdef RACE
	CGO_ENABLED=1 CGO_CFLAGS=-O0 go test -race -gcflags='modernc.org/sqlite/lib=-race=false -d=checkptr=0' -skip '$(WALKS)' -timeout 60m $(ARGS) ./...
else
	@echo '*** THE RACE DETECTOR DOES NOT RUN: it needs a C compiler (Debian: apt-get install gcc libc6-dev) ***'
	@test "$$CI" != true
endif
	@go test -v -count=1 -run '^TestPostgreSQLIsThere$$' ./internal/dbtest

lint: tools/lint/node_modules ## check the format, the code, the licenses and the contract
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt -w $$unformatted"; exit 1; }
	go vet ./...
	go -C tools vet ./...
	go -C tools/s3 vet ./...
	go -C tools/oidc vet ./...
	$$(go -C tools tool -n staticcheck) ./...
	go -C tools build -o ../bin/licenses ./licenses && bin/licenses
	REDOCLY_TELEMETRY=off tools/lint/node_modules/.bin/redocly lint

tools/lint/node_modules: tools/lint/package-lock.json
	npm ci --prefix tools/lint --ignore-scripts --no-audit --no-fund
	@touch $@

generate: ## write the code, and the completed contract, that openapi/openapi.yaml calls for
	go generate ./openapi

bench: ## measure; ARGS="-bench List -count 6" and alike are passed on
	go test -run '^$$' -bench . -benchmem -timeout 60m $(ARGS) ./...
