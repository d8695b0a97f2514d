package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"accord/api"
	"accord/internal/bundle"
)

type auditBundleCmd struct {
	Bundle      string `arg:"" type:"existingfile" help:"The bundle, as it was downloaded."`
	Partnership string `placeholder:"ID" help:"The partnership that it has to be of."`
	Key         string `type:"existingfile" help:"The verifier key of the log, as accord audit checkpoint --key printed it."`
}

// Help is the long form of the command's help.
func (*auditBundleCmd) Help() string {
	return `It needs neither a server nor a database, and writes nothing. The key shows that the office's server signed the bundle's manifest and the log's checkpoint; every file is held against the manifest, and every entry of the audit trail against the checkpoint. The first that was altered is named, and the exit code is then 1. It prints of which partnership the bundle is, of which moment, and whether it has a log: hold that against what you asked for, or give --partnership, which refuses another's. Take the key from the operator once and keep it: whoever makes up a bundle makes up its key too.

  accord audit checkpoint --key > accord.key
  accord audit verify-bundle --key accord.key partnership.zip`
}

// Run verifies, and prints what it found.
func (cmd *auditBundleCmd) Run(s surroundings) error {
	key := ""
	if cmd.Key != "" {
		text, err := os.ReadFile(cmd.Key)
		if err != nil {
			return err
		}
		key = string(text)
		if strings.TrimSpace(key) == "" {
			return fmt.Errorf("%s holds no key", cmd.Key)
		}
	}
	f, err := os.Open(cmd.Bundle)
	if err != nil {
		return err
	}
	defer f.Close()
	is, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := bundle.Open(f, is.Size())
	if err != nil {
		return fmt.Errorf("%s is no whole bundle: %w", cmd.Bundle, err)
	}
	v, err := api.VerifyBundle(r, key)
	if err != nil {
		return err
	}
	about := v.About
	if cmd.Partnership != "" && cmd.Partnership != string(about.Partnership) {
		return fmt.Errorf("the bundle is of partnership %q, not %s", about.Partnership, cmd.Partnership)
	}
	// Quoted, so that a title can't write lines of its own.
	fmt.Fprintf(s.stdout, "partnership               %q\ntitle                     %q\nas of                     %s\n",
		about.Partnership, about.Title, about.AsOf.UTC().Format(time.RFC3339))
	fmt.Fprintf(s.stdout, "files as in the manifest  %d\n", v.Files)
	if v.Checkpoint == nil {
		fmt.Fprintln(s.stdout, "There is no log in it: an auditor's bundle has one.")
	} else {
		fmt.Fprintf(s.stdout, "entries in the log        %d of %d\nentries that waited       %d\nlog                       %s\n",
			v.Proved, v.Checkpoint.Size, v.Waiting, v.Checkpoint.Origin)
	}
	if v.OwnKey {
		fmt.Fprintln(s.stdout, "Warning: checked by the key that lies in the bundle. It agrees with itself, which whoever makes one up can have too. That the office made it is shown only by the key from elsewhere: give --key.")
		return nil
	}
	fmt.Fprintln(s.stdout, "Every file is as the office signed it, and every entry as the log has it.")
	return nil
}
