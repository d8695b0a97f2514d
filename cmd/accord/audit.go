package main

import (
	"errors"
	"fmt"
	"os"

	"accord/internal/ledger"
	"accord/repository"
)

type auditCmd struct {
	Verify       auditVerifyCmd     `cmd:"" help:"Hold every audit entry against the log, and the log against its checkpoints."`
	VerifyBundle auditBundleCmd     `cmd:"" help:"Hold a partnership's bundle against what the office signed, without a server."`
	Checkpoint   auditCheckpointCmd `cmd:"" help:"Print the newest signed checkpoint of the log, or the key that checks it."`
}

type auditVerifyCmd struct {
	Checkpoints string `type:"path" help:"Also hold the log against the checkpoints in this folder, or this file, that were kept elsewhere."`
}

// Help is the long form of the command's help.
func (*auditVerifyCmd) Help() string {
	return `It needs the database and the master key, and no server; one may be running. Every entry that was changed, taken out, put in or moved is named, the first in the log first, and the exit code is then 1. Who owns the database can cut off its end, log and checkpoints alike: that is found by a checkpoint that was kept elsewhere.

  accord audit verify
  accord audit verify --checkpoints /mnt/witness
  DATABASE_URL=postgres://accord@db/accord accord audit verify`
}

// Run verifies, and prints what it found.
func (cmd *auditVerifyCmd) Run(s surroundings, c *config) error {
	store, err := openAsItIs(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	v, err := store.VerifyLog(s.ctx, func(give func(name, note string) error) error {
		if cmd.Checkpoints == "" {
			return nil
		}
		return ledger.ReadNotes(cmd.Checkpoints, give)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "entries in the log   %d\nentries waiting      %d\ncheckpoints that hold  %d in the database, %d from elsewhere\nroot                 %s\n",
		v.Size, v.Waiting, v.Checkpoints, v.Outside, v.Root)
	for _, f := range v.Findings {
		fmt.Fprintln(s.stdout, f)
	}
	if v.Found > len(v.Findings) {
		fmt.Fprintf(s.stdout, "and %d more\n", v.Found-len(v.Findings))
	}
	if v.Found > 0 {
		return fmt.Errorf("the audit trail is not as it was written; the first of %d findings is %s", v.Found, v.Findings[0])
	}
	fmt.Fprintln(s.stdout, "Every entry is as it was written.")
	return nil
}

// openAsItIs opens a store to be looked at: not even the embedded database's
// schema is brought up to date.
func openAsItIs(s surroundings, c *config) (*repository.Store, error) {
	if _, err := os.Stat(c.database()); c.DatabaseURL == "" && err != nil {
		return nil, fmt.Errorf("ACCORD_DATA is %q, where there is no database", c.Data)
	}
	store, err := c.open(s)
	if err != nil {
		return nil, err
	}
	err = store.Ready(s.ctx)
	if errors.Is(err, repository.ErrSchema) {
		err = errors.New("the schema is not up to date, so there may be no log yet; run `accord migrate up`, or start the server, first")
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

type auditCheckpointCmd struct {
	Out string `type:"path" help:"A file to write instead of the screen; it must not exist yet."`
	Key bool   `help:"Print the verifier key instead, by which anybody can check the checkpoints."`
}

// Help is the long form of the command's help.
func (*auditCheckpointCmd) Help() string {
	return `A checkpoint is a signed note of a few lines that says how many entries the log has and what they hash to, and nothing else. Kept where nobody who can change the database can change it too, it shows any later change of what came before.

  accord audit checkpoint
  accord audit checkpoint --out /mnt/witness/today.checkpoint
  accord audit checkpoint --key`
}

// Run prints the newest checkpoint.
func (cmd *auditCheckpointCmd) Run(s surroundings, c *config) error {
	store, err := openAsItIs(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	trail := store.As(system).Trail
	newest, err := trail.Checkpoint(s.ctx)
	if err != nil {
		return err
	}
	text := newest.Note
	if cmd.Key {
		key, err := trail.VerifierKey(s.ctx)
		if err != nil {
			return err
		}
		text = key + "\n"
	}
	if cmd.Out == "" {
		_, err := fmt.Fprint(s.stdout, text)
		return err
	}
	f, err := os.OpenFile(cmd.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// keepCheckpoint writes a checkpoint where the settings say, if they do.
func (c *config) keepCheckpoint(made repository.Checkpoint) error {
	if c.CheckpointDir == "" {
		return nil
	}
	return ledger.Folder(c.CheckpointDir).Keep(made.Size, made.CreatedAt, made.Note)
}
