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
	return `It needs neither a server nor a database, and writes nothing. Every file is held against the bundle's manifest, every entry of the audit trail against the log's signed checkpoint, and the checkpoint against the key. The manifest is not signed: who alters a file can make it anew, so the key shows nothing of the files. Take the key from the operator once and keep it: whoever makes up a bundle makes up its key too.

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
		return nil
	}
	fmt.Fprintf(s.stdout, "entries in the log        %d of %d\nentries that waited       %d\nlog                       %s\n",
		v.Proved, v.Checkpoint.Size, v.Waiting, v.Checkpoint.Origin)
	if v.OwnKey {
		fmt.Fprintln(s.stdout, "The bundle agrees with itself. That the office made it is shown only by the key from elsewhere: give --key.")
		return nil
	}
	fmt.Fprintln(s.stdout, "Every entry is as the log has it. The files agree with the manifest, which is not signed: compare the bundle with one that the office takes anew.")
	return nil
}
