package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"accord/domain"
	"accord/internal/oidc"
)

// issuersConfig is what the file of issuers says; nothing without one.
func (c *config) issuersConfig() ([]oidc.Config, error) {
	if c.IssuersFile == "" {
		return nil, nil
	}
	contents, err := os.ReadFile(c.IssuersFile)
	if err != nil {
		return nil, fmt.Errorf("ACCORD_ISSUERS_FILE is %q, which can't be read: %w", c.IssuersFile, err)
	}
	all, err := oidc.ReadConfig(contents)
	if err != nil {
		return nil, fmt.Errorf("ACCORD_ISSUERS_FILE is %q: %w", c.IssuersFile, err)
	}
	for _, i := range all {
		if err := checkRoles(i); err != nil {
			return nil, fmt.Errorf("ACCORD_ISSUERS_FILE is %q: issuer %s: %w", c.IssuersFile, i.Name, err)
		}
	}
	return all, nil
}

// checkRoles refuses a role for which no issuer can stand. Where one stands for
// the office, it must tell when a person proved who it is: what is sensitive there
// needs a recent proof.
func checkRoles(i oidc.Config) error {
	for _, role := range i.Allowed() {
		if !domain.Role(role).Linkable() {
			return fmt.Errorf("roles has %q; write roles that people have, and never advisor", role)
		}
	}
	ofOffice := slices.ContainsFunc(i.Allowed(), func(role string) bool { return domain.Role(role).NeedsFactor() })
	if ofOffice && i.MaxAge == 0 {
		return errors.New("it stands for roles of the office; set max_age, such as 3600")
	}
	return nil
}

// issuers are those of the file as it is now, which may be another than was checked.
func (c *config) issuers(log *slog.Logger) (out oidc.Issuers, err error) {
	all, err := c.issuersConfig()
	for _, i := range all {
		out = append(out, oidc.New(i, time.Now, log))
	}
	return out, err
}
