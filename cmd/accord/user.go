package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Make an account. The password is read from standard input."`
	Reset  userResetCmd  `cmd:"" help:"Set a new password, read from standard input, and end the account's sessions."`
}

// system is the actor under which an operator works: whoever can read the
// database and the master key needs no account.
var system = domain.Actor{Role: domain.System}

type userCreateCmd struct {
	config
	Login        string `arg:"" help:"What is typed to sign in."`
	Name         string `help:"What colleagues see; the sign-in name if empty."`
	Role         string `default:"staff" enum:"admin,staff,liaison,custodian,auditor,partner_admin,partner" help:"The account's role."`
	Organization string `help:"The organization's id, for partner and partner_admin."`
	Office       string `help:"The office in which clearances are decided."`
}

func (cmd *userCreateCmd) Run(s surroundings) error {
	store, err := cmd.open(s)
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
		return err
	}
	if err := store.As(system).Accounts.Create(s.ctx, domain.EditAccount, a); err != nil {
		if errors.Is(err, domain.Conflict) {
			return fmt.Errorf("someone signs in as %s already", a.Login)
		}
		return err
	}
	fmt.Fprintf(s.stdout, "%s %s\n", a.ID, a.Login)
	return nil
}

type userResetCmd struct {
	config
	Login string `arg:"" help:"The account's sign-in name."`
}

func (cmd *userResetCmd) Run(s surroundings) error {
	store, err := cmd.open(s)
	if err != nil {
		return err
	}
	defer store.Close()
	a, err := store.As(system).Accounts.ByLogin(s.ctx, cmd.Login)
	if err != nil {
		return fmt.Errorf("nobody signs in as %s", cmd.Login)
	}
	hash, err := readPassword(s, a.Login, a.Name)
	if err != nil {
		return err
	}
	_, err = store.As(system).Accounts.Update(s.ctx, domain.EditAccount, a.ID, nil, func(tx *repository.Session, a *domain.Account) error {
		a.Rehash(hash)
		return tx.Sessions.EndAll(s.ctx, a.ID, "password reset")
	})
	return err
}

// readPassword takes one line: a password never stands in the arguments, where
// every process of the machine could read it.
func readPassword(s surroundings, names ...string) (string, error) {
	fmt.Fprint(s.stderr, "Password: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return api.HashPassword(s.ctx, strings.TrimRight(line, "\r\n"), names...)
}
