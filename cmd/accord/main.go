// Command accord is the whole of Accord in one binary: the server, its
// migrations and what an operator does by hand. It reads nothing but its
// arguments, its environment, its standard input and what these name.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "accord:", err)
		os.Exit(1)
	}
}

// commands is every subcommand; each is in a file of its own.
type commands struct {
	Settings config `embed:"" group:"Settings, of every command"`

	Serve   serveCmd   `cmd:"" default:"withargs" help:"Serve the API (the default)."`
	Migrate migrateCmd `cmd:"" help:"Show or take the steps of the schema, or make a master key."`
	Demo    demoCmd    `cmd:"" help:"Load a demonstration office into an empty store and print its sign-ins."`
	Import  importCmd  `cmd:"" help:"Load a CSV or XLSX file through a mapping file."`
	Audit   auditCmd   `cmd:"" help:"Verify the audit trail, or print what proves it."`
	User    userCmd    `cmd:"" help:"Make an account, or set a new password for one."`
	Code    codeCmd    `cmd:"" help:"Print the code that an authenticator app would show now."`
	Grant   grantCmd   `cmd:"" help:"Be the second person whom it takes to make an admin, a liaison or a custodian."`
	Keys    keysCmd    `cmd:"" help:"List, rotate and retire the keys that sign access tokens; change the master key."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the contract of the API."`
	Health  healthCmd  `cmd:"" help:"Exit with 0 if the server at ACCORD_LISTEN is ready, with 1 if not."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

const description = `Accord is the system of record in which an anti-trafficking office works with its partners and the survivors who advise it.

Without configuration it keeps everything in ./data and listens on 127.0.0.1:8080. Every setting is a flag and an environment variable; the flag wins. The master key alone has no flag, which others could read: ACCORD_MASTER_KEY holds it, in base64, where no file does.`

// surroundings are what a subcommand works in.
type surroundings struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// run is the program.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if err := misspelt(environ); err != nil {
		return err
	}
	getenv := lookup(environ)
	var cmd commands
	done := false
	parser, err := newParser(&cmd, getenv, kong.Writers(stdout, stderr), kong.Exit(func(int) { done = true }))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if done {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; see accord --help", err)
	}
	cmd.Settings.MasterKey = getenv("ACCORD_MASTER_KEY")
	if err := errors.Join(cmd.Settings.fromFiles(), cmd.Settings.hashPasswords()); err != nil {
		return err
	}
	return parsed.Run(surroundings{ctx, stdin, stdout, stderr}, &cmd.Settings)
}

func newParser(cmd *commands, getenv func(string) string, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(cmd, append(more,
		kong.Name("accord"),
		kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.ValueFormatter(nameVariable),
		kong.Resolvers(environment(getenv)),
	)...)
}

// lookup finds what a variable is set to; of one that is set twice the last counts.
func lookup(environ []string) func(string) string {
	values := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

// ofAService are the names that Kubernetes sets for a service, beside NAME_PORT.
var ofAService = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

// misspelt refuses a variable that would be a setting if it were written right: what
// was meant would silently not be so. Kubernetes sets some for each service whose name
// begins with accord.
func misspelt(environ []string) error {
	var errs []error
	known := settingNames()
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "ACCORD_") || slices.Contains(known, name) || ofAService.MatchString(name) ||
			strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://") {
			continue
		}
		nearest := slices.MinFunc(known, func(a, b string) int { return apart(name, a) - apart(name, b) })
		if bare := strings.TrimPrefix(name, "ACCORD_"); slices.Contains(known, bare) { // not all begin so
			nearest = bare
		}
		errs = append(errs, fmt.Errorf("there is no setting %s; the nearest is %s: write that, or take it out of the environment (accord --help lists them)", name, nearest))
	}
	return errors.Join(errs...)
}

// settingNames are the variables that set something.
func settingNames() []string {
	var names []string
	for i, t := 0, reflect.TypeFor[config](); i < t.NumField(); i++ {
		if name := t.Field(i).Tag.Get("var"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// apart is how many letters must be put in, taken out or changed to make one word
// another.
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// environment reads flags from the environment that run was given. Kong's own
// reading of os.Environ could not be tested side by side.
func environment(getenv func(string) string) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("var")
		if name == "" {
			return nil, nil
		}
		v := getenv(name)
		if v == "" {
			return nil, nil
		}
		if right := unreadable(flag, v); right != "" {
			return nil, fmt.Errorf("%s is %q; write %s", name, v, right)
		}
		return v, nil
	}
}

// unreadable says what would be right where a flag's type can't be read from v.
func unreadable(flag *kong.Flag, v string) (right string) {
	var err error
	switch flag.Target.Interface().(type) {
	case time.Duration:
		_, err = time.ParseDuration(v)
		right = "a number and its unit, such as " + cmp.Or(flag.Default, "24h")
	case bool:
		_, err = strconv.ParseBool(v)
		right = "true or false"
	case int:
		_, err = strconv.Atoi(v)
		right = "a number, such as " + flag.Default
	}
	if err == nil {
		return ""
	}
	return right
}

// nameVariable ends a flag's help with the environment variable that sets it.
func nameVariable(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if name := v.Tag.Get("var"); name != "" {
		return strings.TrimSuffix(help, ".") + " ($" + name + ")."
	}
	return help
}
