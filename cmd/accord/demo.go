package main

import (
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/onetime"
	"accord/repository"
)

// demoCmd fills an empty store with a demonstration office.
type demoCmd struct{}

// Help is the long form of the command's help.
func (demoCmd) Help() string {
	return `The office is invented: organizations, engagements, consultations, a council, partnerships and commitments at every stage, told over the last two years up to today, so that every list and report shows something. It is loaded into an empty store and into no other. Where it is loaded already nothing changes.

Printed are sign-ins for each role and their password, which is this installation's own: it follows from the master key.

  accord demo && accord serve
  accord serve --demo
  accord demo --data ./demonstration`
}

// Run loads the office and prints its sign-ins.
func (demoCmd) Run(s surroundings, c *config) error { return demonstrate(s, c) }

// signIn is an account of the demonstration office that a person signs in with.
type signIn struct {
	login string
	role  domain.Role
	what  string
}

// signIns are the accounts of the demonstration office that have a password.
var signIns = []signIn{
	{"admin@demo.example", domain.Admin, "accounts and invitations"},
	{"second-admin@demo.example", domain.Admin, "a second one, whom it takes to make an admin, a liaison or a custodian"},
	{"staff@demo.example", domain.Staff, "organizations, engagements, consultations, partnerships, commitments"},
	{"reviewer@demo.example", domain.Staff, "a second one, who decides what the first asks for"},
	{"liaison@demo.example", domain.Liaison, "what staff may, and advisors and the council"},
	{"custodian@demo.example", domain.Custodian, "identity requests"},
	{"auditor@demo.example", domain.Auditor, "the audit trail and reports"},
	{"partner-admin@demo.example", domain.PartnerAdmin, "Harborlight Freight's own profile and people"},
	{"partner@demo.example", domain.Partner, "Harborlight Freight's engagements, submissions and commitments"},
	{"demo-advisor", domain.Advising, "an advisor's own profile, vault entry and council"},
}

// demonstrate loads the demonstration office unless it is there, and prints its
// sign-ins. It refuses a store that holds anything else.
func demonstrate(s surroundings, c *config) error {
	clock := &storyClock{now: time.Now()}
	store, err := c.openAt(s, clock.Now)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := c.migrate(s, store); err != nil {
		return err
	}
	password, err := demoPassword(store)
	if err != nil {
		return err
	}
	secret, err := demoSecret(store)
	if err != nil {
		return err
	}
	if err := loadDemo(s, c, store, clock, password, secret); err != nil {
		return err
	}
	return printSignIns(s, password, secret)
}

// demoPassword is the password of every sign-in. It rests on the master key, so
// that no two installations share it and a later start can print it again.
func demoPassword(store *repository.Store) (string, error) {
	key, err := store.Master().Derive("demonstration password")
	if err != nil {
		return "", err
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(key))
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20]}, "-"), nil
}

// demoSecret is what the codes of every sign-in of the office are made from. It
// rests on the master key as the password does.
func demoSecret(store *repository.Store) (string, error) {
	key, err := store.Master().Derive("demonstration second factor")
	if err != nil {
		return "", err
	}
	return onetime.Secret(key[:20]), nil
}

// loadDemo tells the story in one transaction: all of the office is there, or
// nothing of it.
func loadDemo(s surroundings, c *config, store *repository.Store, clock *storyClock, password, secret string) error {
	return store.As(system).Tx(s.ctx, func(tx *repository.Session) error {
		if there, err := demonstrates(s, tx); err != nil || there {
			return err
		}
		empty, err := tx.Untouched(s.ctx)
		if err != nil {
			return err
		}
		if !empty {
			return notEmpty(c)
		}
		fmt.Fprintln(s.stdout, "Loading the demonstration office ...")
		known, err := api.HashPassword(s.ctx, password)
		if err != nil {
			return err
		}
		unknown, _ := api.NewToken()
		locked, err := api.HashPassword(s.ctx, unknown)
		if err != nil {
			return err
		}
		return newStory(s.ctx, store, tx, clock, known, locked, secret).tell()
	})
}

// demonstrates reports whether the store holds the demonstration office.
func demonstrates(s surroundings, tx *repository.Session) (bool, error) {
	_, err := tx.Accounts.ByLogin(s.ctx, signIns[0].login)
	if errors.Is(err, domain.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func notEmpty(c *config) error {
	if c.DatabaseURL != "" {
		return errors.New("DATABASE_URL names a database that holds records; the demonstration office is loaded into an empty one: name another")
	}
	return fmt.Errorf("ACCORD_DATA is %q, which holds records; the demonstration office is loaded into an empty folder: name another", c.Data)
}

func printSignIns(s surroundings, password, secret string) error {
	fmt.Fprintln(s.stdout, "\nThis is a demonstration office: nothing in it is real, and nothing real belongs into it. Whoever knows\nthis password can use it, so don't serve it to others.")
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\n  role\tsign-in\tfor")
	for _, a := range signIns {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", a.role, a.login, a.what)
	}
	fmt.Fprintf(table, "\n  password\t%s\n", password)
	fmt.Fprintf(table, "  second factor\t%s\tfor an authenticator app, or: echo %s | %s code\n\n", secret, secret, os.Args[0])
	return table.Flush()
}
