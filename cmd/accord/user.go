package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Make an account."`
	Reset  userResetCmd  `cmd:"" help:"Set a new password and end the account's sessions."`
}

// system is the actor under which an operator works: whoever can read the
// database and the master key needs no account.
var system = domain.Actor{Role: domain.System}

// firstToken returns a token with which the first admin's account can be
// claimed, or none once anybody has an account. The token of an earlier start is
// revoked, so that the last one printed is the only one to guard.
func firstToken(ctx context.Context, store *repository.Store) (token string, err error) {
	err = store.As(system).Tx(ctx, func(tx *repository.Session) error {
		unclaimed, err := tx.Unclaimed(ctx)
		if err != nil || !unclaimed {
			return err
		}
		if err := tx.Invitations.RevokeFirst(ctx); err != nil {
			return err
		}
		raw, hash := api.NewToken()
		i, err := domain.NewInvitation(system, domain.InvitationDraft{Role: domain.Admin}, hash, tx.Now())
		if err != nil {
			return err
		}
		token = raw
		return tx.Invitations.Create(ctx, domain.Invite, i)
	})
	return token, err
}

type userCreateCmd struct {
	Login        string `arg:"" help:"What is typed to sign in: an e-mail address or a name without spaces."`
	Name         string `help:"What colleagues see. Without it, the sign-in name."`
	Role         string `default:"staff" enum:"admin,staff,liaison,custodian,auditor,partner_admin,partner" help:"One of ${enum}."`
	Organization string `help:"The organization's id, which partner and partner_admin need."`
	Office       string `help:"The office in which staff decide clearances."`
}

// Help is the long form of the command's help.
func (*userCreateCmd) Help() string {
	return `The password is asked for, or is the first line of standard input: 15 characters or more, none of the commonest. It is never an argument, which every process of the machine could read. Printed are the account's id and sign-in name.

  accord user create officer@example.org --role staff --office "Public Engagement"
  accord user create first@example.org --role admin < password-file`
}

// Run makes the account.
func (cmd *userCreateCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	hash, err := readPassword(s, cmd.Login, cmd.Name)
	if err != nil {
		return err
	}
	name := cmd.Name
	if name == "" {
		name = cmd.Login
	}
	a, err := domain.NewAccount(domain.AccountDraft{
		Login: cmd.Login, Name: name, Role: domain.Role(cmd.Role),
		Organization: domain.OrganizationID(cmd.Organization), Office: cmd.Office, Password: hash,
	})
	if err != nil {
		return inWords(err)
	}
	err = store.As(system).Tx(s.ctx, func(tx *repository.Session) error {
		if err := tx.Organizations.Named(s.ctx, "organization", "/organization_id", a.Organization); err != nil {
			return err
		}
		return tx.Accounts.Create(s.ctx, domain.EditAccount, a)
	})
	if errors.Is(err, domain.Conflict) {
		return fmt.Errorf("someone signs in as %s already; choose another name", a.Login)
	}
	if err != nil {
		return inWords(err)
	}
	fmt.Fprintf(s.stdout, "%s %s\n", a.ID, a.Login)
	return nil
}

type userResetCmd struct {
	Login        string `arg:"" help:"The account's sign-in name."`
	SecondFactor bool   `help:"Take its second factors and recovery codes away, and leave the password as it is."`
}

// Help is the long form of the command's help.
func (*userResetCmd) Help() string {
	return `The password is asked for, or is the first line of standard input: 15 characters or more, none of the commonest. With --second-factor none is: whoever signs in next enrolls another factor, before anything else where the role needs one. A running server refuses the account's former sessions within a second, and knows its devices no more.

  accord user reset officer@example.org
  accord user reset officer@example.org --second-factor`
}

// Run sets the password, or takes the second factors away.
func (cmd *userResetCmd) Run(s surroundings, c *config) error {
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	a, err := store.As(system).Accounts.ByLogin(s.ctx, cmd.Login)
	if errors.Is(err, domain.NotFound) {
		return fmt.Errorf("nobody signs in as %s", cmd.Login)
	}
	if err != nil {
		return err
	}
	if cmd.SecondFactor {
		if err := resetFactors(s.ctx, store.As(system), a.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.stdout, "the second factors of %s are gone: who has the password enrolls new ones at the next sign-in\n", a.Login)
		return err
	}
	hash, err := readPassword(s, a.Login, a.Name)
	if err != nil {
		return err
	}
	_, err = store.As(system).Accounts.Update(s.ctx, domain.EditAccount, a.ID, nil, func(tx *repository.Session, a *domain.Account) error {
		a.SetPassword(hash, false)
		return errors.Join(tx.Resets.WithdrawAll(s.ctx, a.ID), tx.Resets.ShutOut(s.ctx, a.ID, domain.ResetPassword, tx.NewID()))
	})
	if err == nil {
		_, err = fmt.Fprintf(s.stdout, "%s has a new password; every session has ended\n", a.Login)
	}
	return err
}

// resetFactors is the reset that elsewhere takes two people.
func resetFactors(ctx context.Context, store *repository.Session, id domain.AccountID) error {
	err := store.Tx(ctx, func(tx *repository.Session) error {
		a, err := tx.Accounts.Hold(ctx, id)
		if err != nil {
			return err
		}
		r, err := domain.NewFactorReset(system, a)
		if err != nil {
			return err
		}
		if err := tx.Resets.Create(ctx, domain.RequestReset, r); err != nil {
			return err
		}
		return tx.Resets.Settle(ctx, r)
	})
	return inWords(err)
}

// readPassword takes one line, without showing it where it is typed.
func readPassword(s surroundings, names ...string) (string, error) {
	line, err := passwordLine(s)
	if err != nil {
		return "", fmt.Errorf("the password can't be read: %w", err)
	}
	hash, err := api.HashPassword(s.ctx, line, names...)
	return hash, inWords(err)
}

func passwordLine(s surroundings) (string, error) {
	if f, ok := s.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(s.stderr, "Password: ")
		line, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(s.stderr)
		return string(line), err
	}
	line, err := bufio.NewReader(s.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// inWords says what is wrong with an input as a sentence for a person.
func inWords(err error) error {
	var refused *domain.Error
	if !errors.As(err, &refused) || len(refused.Faults) == 0 {
		return err
	}
	var said []string
	for _, f := range refused.Faults {
		said = append(said, strings.TrimPrefix(f.Pointer, "/")+" "+f.Detail)
	}
	return errors.New(strings.Join(said, "; "))
}
