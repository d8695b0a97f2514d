// Command accord is the whole of Accord in one binary: the server, its
// migrations and what an operator does by hand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "accord:", err)
		os.Exit(1)
	}
}

// commands is every subcommand; each is in a file of its own.
type commands struct {
	Serve   serveCmd   `cmd:"" default:"withargs" help:"Serve the API (the default)."`
	Migrate migrateCmd `cmd:"" help:"Show or take the steps of the schema."`
	Import  importCmd  `cmd:"" help:"Load a CSV or XLSX file through a mapping file."`
	User    userCmd    `cmd:"" help:"Make an account, or a new password for one."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the contract."`
	Health  healthCmd  `cmd:"" help:"Exit 0 if the server at ACCORD_LISTEN is ready."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// surroundings are what a subcommand works in.
type surroundings struct {
	ctx    context.Context
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
}

var errUsage = errors.New("see accord --help")

// run is the program: it reads nothing but its arguments, the environment given
// to it and what the configuration names.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	var cmd commands
	exited := false
	parser, err := kong.New(&cmd,
		kong.Name("accord"),
		kong.Description("Accord is the system of record in which an anti-trafficking office works with its partners and the survivors who advise it.\n\nWithout configuration it keeps everything in ./data and listens on 127.0.0.1:8080."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Resolvers(environment(getenv)),
	)
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if exited {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", err, errUsage)
	}
	return k.Run(surroundings{ctx, getenv, stdout, stderr})
}

// environment reads flags from the environment that run was given. Kong's own
// reading of os.Environ could not be tested side by side.
func environment(getenv func(string) string) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("var")
		if name == "" {
			return nil, nil
		}
		if v := getenv(name); v != "" {
			return v, nil
		}
		return nil, nil
	}
}
