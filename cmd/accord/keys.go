package main

import (
	"errors"
	"fmt"
	"time"

	"accord/domain"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"List the keys that sign access tokens, and where each is in its life."`
	Rotate keysRotateCmd `cmd:"" help:"Publish the key that signs next."`
	Retire keysRetireCmd `cmd:"" help:"Make a key verify nothing from now on."`
	Master keysMasterCmd `cmd:"" help:"Write a master key file with a new key, or without the old ones."`
	Rewrap keysRewrapCmd `cmd:"" help:"Encrypt every stored key anew under the newest master key."`
}

type keysListCmd struct{}

// Help is the long form of the command's help.
func (keysListCmd) Help() string {
	return `Each line is a key: its id (kid), its stage and from when it signs. A published key is in the set that clients read but does not sign yet; one that verifies signed before, for sessions of which some may still be open; one that is over is about to be retired.

  accord keys list`
}

// Run lists the keys.
func (keysListCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	keys, err := store.As(system).SigningKeys.All(s.ctx)
	if err != nil {
		return err
	}
	stages := keys.Stages(store.Now())
	for _, k := range keys {
		fmt.Fprintf(s.stdout, "%-43s %-9s %s\n", k.KID, stages[k.ID], k.SignsFrom.Format(time.RFC3339))
	}
	return nil
}

type keysRotateCmd struct{}

// Help is the long form of the command's help.
func (keysRotateCmd) Help() string {
	return `The server does so by itself, every ACCORD_KEY_ROTATION. The new key signs ten minutes from now, when everyone knows it; the old one verifies on until the last session that it signed for has ended. Nobody is signed out.

  accord keys rotate`
}

// Run publishes the next key.
func (keysRotateCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.As(system).SigningKeys.Rotate(s.ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Published a key that signs from %s on.\n", store.Now().Add(domain.KeyLead).Format(time.RFC3339))
	return nil
}

type keysRetireCmd struct {
	Kid string `arg:"" help:"The key's id, as accord keys list shows it."`
}

// Help is the long form of the command's help.
func (*keysRetireCmd) Help() string {
	return `For a key that somebody else may have. Every server refuses what it signed within a second; people go on with their refresh tokens, which no such key signs. If it is the key that signs, another signs at once.

  accord keys retire kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k`
}

// Run retires the key.
func (cmd *keysRetireCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	err = store.As(system).SigningKeys.Retire(s.ctx, cmd.Kid)
	if errors.Is(err, domain.NotFound) {
		return fmt.Errorf("no key has the id %s; see accord keys list", cmd.Kid)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, "Retired. What it signed is refused from now on.")
	return nil
}

type keysRewrapCmd struct{}

// Help is the long form of the command's help.
func (keysRewrapCmd) Help() string {
	return `The last but one step of changing the master key: see "Changing the master key" in README.md. Servers may run meanwhile.

  accord keys rewrap`
}

// Run encrypts the stored keys anew.
func (keysRewrapCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	n, err := store.Rewrap(s.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Encrypted %d keys anew under the newest master key.\n", n)
	return nil
}

type keysMasterCmd struct {
	File    string `arg:"" help:"The new file, which must not exist yet."`
	DropOld bool   `name:"drop-old" help:"Leave the older keys out, once accord keys rewrap has run."`
}

// Help is the long form of the command's help.
func (*keysMasterCmd) Help() string {
	return `The file that is configured stays as it is. The new one holds all of its keys and one more, which encrypts from now on; with --drop-old the newest alone. See "Changing the master key" in README.md.

  accord keys master /keys/next.key`
}

// Run writes the file.
func (cmd *keysMasterCmd) Run(s surroundings, c *config) error {
	m, err := c.master(s)
	if err != nil {
		return err
	}
	turn := m.Rotate
	if cmd.DropOld {
		turn = m.DropOld
	}
	if m, err = turn(); err != nil {
		return err
	}
	if err := m.WriteNew(cmd.File); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Wrote %s. Name it with ACCORD_MASTER_KEY_FILE to every server.\n", cmd.File)
	return nil
}
