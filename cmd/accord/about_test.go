package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"accord/openapi"
)

func TestMigrateSaysWhatIsTaken(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		before := env.run(t, "", "migrate", "status").ok()
		if strings.Contains(before, "taken") || !strings.Contains(before, "waiting  0001_core.sql") {
			t.Errorf("at first:\n%s", before)
		}
		up := env.run(t, "", "migrate", "up").ok()
		if !strings.Contains(up, "taken    0001_core.sql") || !strings.HasSuffix(up, "The schema is up to date.\n") {
			t.Errorf("going up:\n%s", up)
		}
		after := env.run(t, "", "migrate", "status").ok()
		if strings.Contains(after, "waiting") || strings.Count(after, ".sql") != strings.Count(before, ".sql") {
			t.Errorf("afterwards:\n%s", after)
		}
		if again := env.run(t, "", "migrate", "up").ok(); strings.HasPrefix(again, "taken") || strings.Contains(again, "\ntaken") {
			t.Errorf("a second time:\n%s", again)
		}
	})
}

func TestTheContractIsPrintedAsItIsServed(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][]byte{"": openapi.ContractYAML, "--format=yaml": openapi.ContractYAML, "--format=json": openapi.ContractJSON} {
		got := embedded(t).run(t, "", strings.Fields("openapi "+args)...).ok()
		if got != string(want) {
			t.Errorf("openapi %s prints another contract", args)
		}
	}
	embedded(t).run(t, "", "openapi", "--format=xml").says("--format", "yaml", "json")
}

func TestTheVersionIsPrinted(t *testing.T) {
	t.Parallel()
	if got := embedded(t).run(t, "", "version").ok(); !regexp.MustCompile(`^accord \S+.* go1\.\d+.*\n$`).MatchString(got) {
		t.Errorf("printed %q", got)
	}
}

func TestHealthIsWhetherTheServerIsReady(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	o := env.start(t)
	listening := env.with("ACCORD_LISTEN", strings.TrimPrefix(o.url, "http://"))
	listening.run(t, "", "health").ok()
	if err := o.stop(); err != nil {
		t.Fatal(err)
	}
	listening.run(t, "", "health").says("refused")
	env.with("ACCORD_LISTEN", "nowhere").run(t, "", "health").says("ACCORD_LISTEN", "host:port")
}

func TestADatabaseThatFailsIsNotReady(t *testing.T) {
	t.Parallel()
	store := openStore(t, "sqlite:"+t.TempDir()+"/test.db")
	if err := store.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.Close()
	if err := store.Ready(t.Context()); err == nil {
		t.Error("a closed database is ready")
	}
}

// TestHelpIsWorthReading walks every command: each says what it does in a
// sentence and shows how it is typed, and each of its flags says what it is for.
func TestHelpIsWorthReading(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{}, embedded(t).get)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.TrimPrefix(leaf.Path(), "accord ")
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			help := embedded(t).run(t, "", append(strings.Fields(path), "--help")...).ok()
			if !strings.HasPrefix(help, "Usage: accord "+path) {
				t.Errorf("it begins %.60q", help)
			}
			sentence(t, "the command", leaf.Help)
			if !strings.Contains(leaf.Detail, "\n  accord") && !strings.Contains(leaf.Detail, " accord "+path) {
				t.Errorf("no example in %q", leaf.Detail)
			}
			for _, line := range strings.Split(help, "\n") {
				if len(line) > 100 {
					t.Errorf("too wide: %s", line)
				}
			}
			for _, flag := range leaf.Flags {
				sentence(t, "--"+flag.Name, flag.Help)
			}
			for _, arg := range leaf.Positional {
				sentence(t, arg.Name, arg.Help)
			}
		})
	}
	for _, flag := range parser.Model.Flags {
		sentence(t, "--"+flag.Name, flag.Help)
	}
}

func sentence(t *testing.T, what, help string) {
	t.Helper()
	if !regexp.MustCompile(`^[A-Z].*\.$`).MatchString(help) && help != kongHelp {
		t.Errorf("%s is explained as %q", what, help)
	}
}

// kongHelp is what the library says of --help.
const kongHelp = "Show context-sensitive help."

func TestHelpOfTheWholeNamesEveryCommand(t *testing.T) {
	t.Parallel()
	help := embedded(t).run(t, "", "--help").ok()
	parser, err := newParser(&commands{}, embedded(t).get)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		if path := strings.TrimPrefix(leaf.Path(), "accord "); !strings.Contains(help, "\n  "+path+" ") {
			t.Errorf("no %s in\n%s", path, help)
		}
	}
	if !strings.Contains(help, "($ACCORD_LISTEN)") {
		t.Errorf("no environment in\n%s", help)
	}
}

func TestAMistypedCommandSaysWhereHelpIs(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"sevre"}, {"serve", "--lisen=x"}, {"user"}, {"migrate", "down"}} {
		embedded(t).run(t, "", args...).says("see accord --help")
	}
}

func TestReadinessTellsNothing(t *testing.T) {
	t.Parallel()
	o := embedded(t).start(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := string(o.call("GET", path, "", "").want(http.StatusOK).body); got != "{\"status\":\"ok\"}\n" {
			t.Errorf("%s says %q", path, got)
		}
	}
}
