// Command licenses lists the license of every module that the packages of the current folder's
// module are built from, and fails for one that is missing, unknown or not on the allowed list.
// It reads what Go's module cache holds and asks no one.
package main

import (
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// allowed are the licenses that ask nothing of a server that is run or passed on but to keep their
// notice and, for MPL-2.0, to offer changes made to the licensed files themselves.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

var licenseFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying)(\.(md|txt))?$`)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	modules, err := modules()
	if err != nil {
		return err
	}
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		return err
	}
	var refused []error
	for _, m := range modules {
		names, err := licenses(classifier, m.dir)
		if err == nil {
			err = check(names)
		}
		if err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		fmt.Printf("%-60s %s\n", m.name, strings.Join(names, ", "))
	}
	return errors.Join(refused...)
}

type module struct {
	name string // path@version
	dir  string
}

// modules returns the modules that are compiled in, not all that go.mod mentions.
func modules() ([]module, error) {
	const line = "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}\t{{.Dir}}{{end}}{{end}}"
	cmd := exec.Command("go", "list", "-deps", "-f", line, "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[module]bool{}
	for line := range strings.Lines(string(out)) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[module{name, dir}] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b module) int { return strings.Compare(a.name, b.name) }), nil
}

// licenses returns the names of the licenses in the files of dir that are there to say them.
func licenses(c *classifier.Classifier, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, entry := range entries {
		if !licenseFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		for _, match := range c.Match(text).Matches {
			if match.MatchType == "License" { // others are copyright lines and headers
				names[match.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// check refuses a module as soon as one of its licenses is not allowed: which of them binds whom
// is for a person to read.
func check(names []string) error {
	if len(names) == 0 {
		return errors.New("no license was recognized")
	}
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("%s is not on the allowed list: %s", name, strings.Join(allowed, ", "))
		}
	}
	return nil
}
