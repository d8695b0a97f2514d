package main

import (
	"fmt"

	"accord/internal/vault"
	"accord/repository"
)

type migrateCmd struct {
	Status migrateStatusCmd `cmd:"" help:"List every step and whether it was taken."`
	Up     migrateUpCmd     `cmd:"" help:"Take every step that is not taken yet."`
	Key    migrateKeyCmd    `cmd:"" help:"Make a master key in a new file."`
}

type migrateStatusCmd struct{}

// Help is the long form of the command's help.
func (migrateStatusCmd) Help() string {
	return `Each line is a step: "taken" or "waiting", and its file.

  accord migrate status
  DATABASE_URL=postgres://accord@db/accord accord migrate status`
}

// Run lists the steps.

func (migrateStatusCmd) Run(s surroundings, c *config) error {
	store, err := c.open(s)
	if err != nil {
		return err
	}
	defer store.Close()
	steps, err := store.Migrations(s.ctx)
	if err != nil {
		return err
	}
	show(s, steps)
	return nil
}

type migrateUpCmd struct{}

// Help is the long form of the command's help.
func (migrateUpCmd) Help() string {
	return `Serving does the same at its start. Do it apart where the server's own database user may not change the schema. Steps go forward only: keep a backup from before.

  accord migrate up`
}

// Run takes the steps.

func (migrateUpCmd) Run(s surroundings, c *config) error {
	store, err := c.open(s)
	if err != nil {
		return err
	}
	defer store.Close()
	steps, err := store.Migrate(s.ctx)
	if err != nil {
		return err
	}
	show(s, steps)
	fmt.Fprintln(s.stdout, "The schema is up to date.")
	return nil
}

func show(s surroundings, steps []repository.Migration) {
	for _, m := range steps {
		state := "waiting"
		if m.Applied {
			state = "taken"
		}
		fmt.Fprintf(s.stdout, "%-8s %s\n", state, m.Name)
	}
}

type migrateKeyCmd struct {
	File string `arg:"" help:"The file, which must not exist yet."`
}

// Help is the long form of the command's help.
func (*migrateKeyCmd) Help() string {
	return `Everything that is encrypted, and every keyed hash, hangs on this key. Without it nobody can read the office's secrets, not even you; with it and the database anybody can. Keep copies of it apart from the database and its backups.

  accord migrate key /keys/master.key`
}

// Run writes the file.
func (cmd *migrateKeyCmd) Run(s surroundings) error {
	m, err := vault.NewMaster()
	if err != nil {
		return err
	}
	if err := m.WriteNew(cmd.File); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Made %s. Keep a copy away from the database and its backups.\n", cmd.File)
	return nil
}
