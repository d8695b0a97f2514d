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

type migrateStatusCmd struct{ config }

func (cmd *migrateStatusCmd) Run(s surroundings) error {
	store, err := cmd.open(s)
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

type migrateUpCmd struct{ config }

func (cmd *migrateUpCmd) Run(s surroundings) error {
	store, err := cmd.open(s)
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
