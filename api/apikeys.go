package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/apikey"
	"accord/openapi"
	"accord/repository"
)

// ListAPIKeys answers with the API keys within reach.
func (s *Server) ListAPIKeys(c echo.Context, p openapi.ListAPIKeysParams) error {
	rows, err := s.as(c).APIKeys.List(ctx(c), repository.APIKeyFilter{Account: p.AccountID, Stage: domain.APIKeyStage(p.Stage)}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, s.apiKeyJSON)
}

// GetAPIKey answers with one API key.
func (s *Server) GetAPIKey(c echo.Context, id openapi.ID) error {
	k, err := s.as(c).APIKeys.Get(ctx(c), domain.APIKeyID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, k, s.apiKeyJSON)
}

// apiKeyJSON shows everything but the secret, which nobody has.
func (s *Server) apiKeyJSON(by domain.Actor, k *domain.APIKey) openapi.APIKey {
	now := s.store.Now()
	return openapi.APIKey{
		ID: string(k.ID), AccountID: string(k.Account), Name: k.Name, Actions: texts(k.Actions), AddressRanges: rangesJSON(k),
		ExpiresAt: k.ExpiresAt, FormerUntil: k.FormerUntil, LastUsedOn: openapi.CalendarDate(k.LastUsedOn), RefusedOn: string(k.RefusedOn),
		CreatedOn: day(k.CreatedAt),
		Stage:     string(k.Stage(now)), Next: next(by, k.Relation, k.Next(now)),
	}
}

func rangesJSON(k *domain.APIKey) []string {
	out := make([]string, len(k.Ranges))
	for i, r := range k.Ranges {
		out[i] = r.String()
	}
	return out
}

// CreateAPIKey makes a key for the caller's program. What that sends is in the
// answer and nowhere else.
func (s *Server) CreateAPIKey(c echo.Context) error {
	in, err := bind[openapi.APIKeyDraft](c)
	if err != nil {
		return err
	}
	raw, hash := apikey.New()
	var k *domain.APIKey
	err = s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		if err := tx.APIKeys.Room(ctx(c), a.ID); err != nil {
			return err
		}
		k, err = domain.NewAPIKey(tx.Actor(), domain.APIKeyDraft{
			Name: in.Name, Actions: named[domain.Action](in.Actions), Ranges: in.AddressRanges, ExpiresAt: in.ExpiresAt,
		}, hash, tx.Now())
		if err != nil {
			return err
		}
		if err := tx.APIKeys.Create(ctx(c), domain.CreateAPIKey, k); err != nil {
			return err
		}
		return tellOfKey(ctx(c), tx, k, "created")
	})
	if err != nil {
		return err
	}
	return s.showKey(c, http.StatusCreated, k, raw)
}

// showKey answers with a key and what its program sends.
func (s *Server) showKey(c echo.Context, status int, k *domain.APIKey, raw string) error {
	out := s.apiKeyJSON(actor(c), k)
	out.Key = raw
	created(c, out.ID)
	return c.JSON(status, out)
}

// tellOfKey tells a key's creator what became of it: one who did not do it has
// somebody else in the account.
func tellOfKey(ctx context.Context, tx *repository.Session, k *domain.APIKey, what string) error {
	return tx.Notices.Tell(ctx, domain.NoticeDraft{
		Event: "api_key." + what, RecordKind: "api_keys", RecordID: string(k.ID), Occasion: fmt.Sprintf("api_key.%s|%s|%d", what, k.ID, k.Version),
	}, k.Account)
}

// TellOfRefusals tells the creators of keys that were refused because of the
// address they were sent from, once a day for each key. What it could not tell of is
// told when the key is refused again.
func (s *Server) TellOfRefusals(ctx context.Context) error {
	var errs []error
	for id := range s.auth.elsewhere() {
		_, err := asServer(s.store.As(domain.Actor{})).APIKeys.Update(ctx, domain.NoteAPIKey, id, nil, func(tx *repository.Session, k *domain.APIKey) error {
			if err := k.Misplaced(domain.DateOf(tx.Now())); err != nil {
				return err
			}
			return tellOfKey(ctx, tx, k, "misplaced")
		})
		if !errors.Is(err, domain.Conflict) { // else another instance was faster
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// keysAtOnce is how many keys are read at a time.
const keysAtOnce = 200

// remindOfKeys tells the creators of keys that are about to run out.
func remindOfKeys(ctx context.Context, system *repository.Session, _ []byte) error {
	for after := domain.APIKeyID(""); ; {
		keys, err := system.APIKeys.Expiring(ctx, system.Now().Add(domain.APIKeyHorizon), after, keysAtOnce)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			after = k.ID
			days, due := k.Reminder(system.Now())
			if !due {
				continue
			}
			err := system.Notices.Tell(ctx, domain.NoticeDraft{
				Event: "api_key.expiring", RecordKind: "api_keys", RecordID: string(k.ID), DueOn: domain.DateOf(k.ExpiresAt),
				Occasion: fmt.Sprintf("api_key.expiring|%s|%d|%d", k.ID, k.ExpiresAt.Unix(), days), // a rotated one is told of anew
			}, k.Account)
			if err != nil {
				return err
			}
		}
	}
}

// RotateAPIKey gives a key of the caller's another secret.
func (s *Server) RotateAPIKey(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	in, err := bind[openapi.APIKeyRotation](c)
	if err != nil {
		return err
	}
	raw, hash := apikey.New()
	var k *domain.APIKey
	err = s.recently(c, func(tx *repository.Session, _ *domain.Account) error {
		k, err = tx.APIKeys.Update(ctx(c), domain.RotateAPIKey, domain.APIKeyID(id), match(c, s.apiKeyJSON), func(tx *repository.Session, k *domain.APIKey) error {
			return k.Rotate(hash, in.ExpiresAt, time.Duration(in.OverlapHours)*time.Hour, tx.Now())
		})
		if err != nil {
			return err
		}
		return tellOfKey(ctx(c), tx, k, "rotated")
	})
	if err != nil {
		return err
	}
	s.auth.forget()
	return s.showKey(c, http.StatusOK, k, raw)
}

// RevokeAPIKey ends a key at once, whatever it has become since it was read.
func (s *Server) RevokeAPIKey(c echo.Context, id openapi.ID) error {
	defer s.auth.forget()
	k, err := s.as(c).APIKeys.Update(ctx(c), domain.RevokeAPIKey, domain.APIKeyID(id), nil, func(tx *repository.Session, k *domain.APIKey) error {
		if err := k.Revoke(tx.Now()); err != nil {
			return err
		}
		return tellOfKey(ctx(c), tx, k, "revoked")
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, k, s.apiKeyJSON)
}
