package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"accord/domain"
	"accord/repository"
)

type grantCmd struct {
	List    grantListCmd    `cmd:"" help:"List the invitations and changes of role that wait for a second person."`
	Approve grantApproveCmd `cmd:"" help:"Approve one, as the second person."`
}

type grantListCmd struct{}

// Help is the long form of the command's help.
func (*grantListCmd) Help() string {
	return `Each line begins with the id under which it is approved, and says for which role it is and which account asked.

  accord grant list`
}

// Run lists what waits.
func (*grantListCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	as := store.As(system)
	invitations, err := as.Invitations.Awaiting(s.ctx)
	if err != nil {
		return err
	}
	grants, err := as.Grants.List(s.ctx, string(domain.GrantProposed), repository.Page{Limit: 100})
	if err != nil {
		return err
	}
	if len(invitations)+len(grants.Items) == 0 {
		_, err := fmt.Fprintln(s.stdout, "nothing waits for a second person")
		return err
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, i := range invitations {
		fmt.Fprintf(table, "%s\tinvitation to\t%s\tby %s\n", i.ID, i.Role, i.InvitedBy)
	}
	for _, g := range grants.Items {
		fmt.Fprintf(table, "%s\taccount %s from %s to\t%s\tby %s\n", g.ID, g.Account, g.Was, g.Role, g.ProposedBy)
	}
	return table.Flush()
}

type grantApproveCmd struct {
	ID string `arg:"" help:"The id of an invitation, or of a change of role."`
}

// Help is the long form of the command's help.
func (*grantApproveCmd) Help() string {
	return `Nobody alone makes an admin, a liaison or a custodian, or lets somebody speak for a partner: one admin invites or proposes, and a second person approves. In an office with one admin that is you, on the machine. The audit trail says that the server's operator did it. See that the person is real, and that the one who proposed is who you think.

  accord grant list
  accord grant approve 6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11`
}

// Run approves an invitation or a change of role, whichever has the id.
func (cmd *grantApproveCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	role, err := approve(s, store.As(system), cmd.ID)
	if errors.Is(err, domain.NotFound) {
		return fmt.Errorf("nothing with the id %s waits; see accord grant list", cmd.ID)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "approved: %s\n", role)
	return nil
}

func approve(s surroundings, as *repository.Session, id string) (domain.Role, error) {
	i, err := as.Invitations.Approve(s.ctx, domain.InvitationID(id), nil)
	if err == nil {
		return i.Role, nil
	}
	if !errors.Is(err, domain.NotFound) {
		return "", err
	}
	g, err := as.Grants.Approve(s.ctx, domain.GrantID(id), nil)
	if err != nil {
		return "", err
	}
	return g.Role, nil
}
