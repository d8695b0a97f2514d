package main

import (
	"archive/zip"
	"fmt"
	"os"
	"strings"

	"accord/api"
)

type auditBundleCmd struct {
	Bundle string `arg:"" type:"existingfile" help:"The bundle, as it was downloaded."`
	Key    string `type:"existingfile" help:"The verifier key of the log, as accord audit checkpoint --key printed it."`
}

// Help is the long form of the command's help.
func (*auditBundleCmd) Help() string {
	return `It needs neither a server nor a database, and writes nothing. The key shows that the office's server signed the bundle's manifest and the log's checkpoint; every file is held against the manifest, and every entry of the audit trail against the checkpoint. The first that was altered is named, and the exit code is then 1. Take the key from the operator once and keep it: whoever makes up a bundle makes up its key too.

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
	r, err := zip.OpenReader(cmd.Bundle)
	if err != nil {
		return fmt.Errorf("%s is no whole bundle: %w", cmd.Bundle, err)
	}
	defer r.Close()
	v, err := api.VerifyBundle(&r.Reader, key)
	if err != nil {
		return err
	}
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
