package main

import (
	"errors"
	"fmt"
	"time"

	"accord/internal/onetime"
)

// codeCmd is an authenticator app for scripts and demonstrations.
type codeCmd struct{}

// Help is the long form of the command's help.
func (codeCmd) Help() string {
	return `The secret, as the server showed it when the factor was enrolled, is the first line of standard input. A person keeps it on a device that is not the one on which the password is typed; this is for scripts and for trying things out.

  echo "$SECRET" | accord code`
}

// Run prints the code.
func (codeCmd) Run(s surroundings) error {
	secret, err := passwordLine(s)
	if err != nil {
		return fmt.Errorf("the secret can't be read: %w", err)
	}
	code, err := onetime.Code(secret, time.Now())
	if err != nil || secret == "" {
		return errors.New("this is no secret of an authenticator app: it is letters A to Z and digits 2 to 7")
	}
	fmt.Fprintln(s.stdout, code)
	return nil
}
