package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var shellBlocks = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestTheTourOfTheREADMEWorks pastes the tour, line by line, into a shell beside
// a fresh server. A line that begins with #> says what the command before it
// prints.
func TestTheTourOfTheREADMEWorks(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "## A ten-minute tour")
	tour, _, found := strings.Cut(rest, "<!-- the end of the tour -->")
	if !found {
		t.Fatal("README.md has no tour")
	}
	var script []string
	for _, block := range shellBlocks.FindAllStringSubmatch(tour, -1) {
		script = append(script, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	each(t, func(t *testing.T, env settings) {
		o := env.launch(t)
		around := []string{"ACCORD=" + o.url, "TOKEN=" + o.stdout.await(`"token":"([^"]+)"`), "OPERATOR=" + os.Args[0], asProgram + "=1"}
		for name, value := range env {
			around = append(around, name+"="+value)
		}
		runTour(t, script, around...)
	})
}

// runTour fails the test at the first line that fails or prints something else
// than the tour says.
func runTour(t *testing.T, script []string, env ...string) {
	t.Helper()
	pasted := &bytes.Buffer{}
	pasted.WriteString("set -euo pipefail\n")
	for i, line := range script {
		fmt.Fprintf(pasted, "%s\n", line)
		if !strings.HasSuffix(line, `\`) {
			fmt.Fprintf(pasted, "printf '\\n@%d\\n'\n", i)
		}
	}
	shell := exec.Command("bash")
	shell.Env, shell.Stdin = append(os.Environ(), env...), pasted
	printed, failure := shell.CombinedOutput()
	said := map[int]string{}
	from := 0
	for i, line := range script {
		mark := fmt.Sprintf("\n@%d\n", i)
		end := strings.Index(string(printed[from:]), mark)
		if end < 0 && !strings.HasSuffix(line, `\`) {
			t.Fatalf("%v at:\n%s\n%s", failure, line, printed[from:])
		}
		if end >= 0 {
			said[i] = string(printed[from : from+end])
			from += end + len(mark)
		}
		if want, ok := strings.CutPrefix(line, "#> "); ok && !strings.Contains(said[i-1], want) {
			t.Errorf("after\n%s\nthe tour promises %s, but it prints\n%s", script[i-1], want, said[i-1])
		}
	}
	if failure != nil {
		t.Errorf("the shell ended with %v", failure)
	}
}
