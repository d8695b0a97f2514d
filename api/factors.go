package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/onetime"
	"accord/internal/password"
	"accord/openapi"
	"accord/repository"
)

// ListFactors answers with the caller's second factors.
func (s *Server) ListFactors(c echo.Context) error {
	all, err := s.as(c).Factors.Of(ctx(c), actor(c).Account)
	if err != nil {
		return err
	}
	left, err := s.as(c).CodesLeft(ctx(c), actor(c).Account)
	if err != nil {
		return err
	}
	out := openapi.FactorList{Items: make([]openapi.Factor, len(all)), RecoveryCodesLeft: int(left)}
	for i, f := range all {
		out.Items[i] = factorJSON(f)
	}
	return answerJSON(c, http.StatusOK, out)
}

func factorJSON(f *domain.Factor) openapi.Factor {
	return openapi.Factor{ID: string(f.ID), Kind: string(f.Kind), Label: f.Label, Stage: f.Stage.String(), EnrolledOn: day(f.CreatedAt)}
}

// day is the calendar day of a time that is told no more exactly.
func day(t time.Time) openapi.CalendarDate { return openapi.CalendarDate(domain.DateOf(t)) }

// recently does what is sensitive, in one transaction with the look at whether the
// caller has lately proved who it is, and with the account held.
func (s *Server) recently(c echo.Context, do func(*repository.Session, *domain.Account) error) error {
	return s.held(c, func(tx *repository.Session, a *domain.Account, v *domain.Session) error {
		if err := v.Recent(tx.Now()); err != nil {
			return err
		}
		return do(tx, a)
	})
}

// held does what gives a way in with the caller's account held, as whose role that
// is now. Whoever was shut out while the request waited is refused: what is done
// here would outlast a reset, a suspension and a quick exit.
func (s *Server) held(c echo.Context, do func(*repository.Session, *domain.Account, *domain.Session) error) error {
	return s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		a, err := asServer(tx).Accounts.Hold(ctx(c), actor(c).Account)
		if err != nil {
			return err
		}
		v, err := tx.Sessions.Get(ctx(c), sessionOf(c))
		if err != nil {
			return err
		}
		if !v.Live(tx.Now()) || !a.Stage.Is(domain.AccountActive) {
			return errBadToken
		}
		by := actor(c)
		by.Role = a.Role
		return do(tx.As(by), a, v)
	})
}

// EnrollTOTP begins to enroll an authenticator app. One that was begun and not
// confirmed begins again.
func (s *Server) EnrollTOTP(c echo.Context) error {
	secret := domain.NewSecret(onetime.NewSecret())
	var login string
	err := s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		login = a.Login
		begun, err := totpOf(c, tx)
		if errors.Is(err, domain.NotFound) {
			return tx.Factors.Create(ctx(c), domain.EnrollFactor, domain.NewTOTP(a.ID, secret))
		}
		if err != nil {
			return err
		}
		_, err = tx.Factors.Update(ctx(c), domain.EnrollFactor, begun.ID, nil, func(_ *repository.Session, f *domain.Factor) error { return f.Restart(secret) })
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, openapi.TOTPSecret{Secret: secret.Reveal(), URI: onetime.URI(secret.Reveal(), "Accord", login)})
}

// totpOf is the caller's authenticator app.
func totpOf(c echo.Context, tx *repository.Session) (*domain.Factor, error) {
	all, err := tx.Factors.Of(ctx(c), actor(c).Account)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.Kind == domain.FactorTOTP {
			return f, nil
		}
	}
	return nil, domain.Refuse(domain.NotFound, "no authenticator app is being enrolled")
}

// ConfirmTOTP makes the authenticator app count, by its first code.
func (s *Server) ConfirmTOTP(c echo.Context) error {
	in, err := bind[openapi.TOTPCode](c)
	if err != nil {
		return err
	}
	if err := s.spend(c, "confirm", string(actor(c).Account), proofs); err != nil {
		return err
	}
	var out openapi.Enrolled
	err = s.held(c, func(tx *repository.Session, a *domain.Account, _ *domain.Session) error {
		f, err := totpOf(c, tx)
		if err != nil {
			return err
		}
		f, err = tx.Factors.Update(ctx(c), domain.ConfirmFactor, f.ID, nil, func(_ *repository.Session, f *domain.Factor) error {
			step, ok := onetime.Check(f.Secret.Reveal(), in.Code, tx.Now(), f.Step)
			if !ok && f.Stage.Is(domain.FactorPending) {
				return (domain.Faults{{Pointer: "/code", Code: "wrong", Detail: "is no code of this app now; check the device's clock"}}).Err()
			}
			return f.Confirm(step)
		})
		if err != nil {
			return err
		}
		out, err = enrolled(c, tx, a, f)
		return err
	})
	if err != nil {
		return err
	}
	s.auth.forget()
	return c.JSON(http.StatusCreated, out)
}

// enrolled tells of a factor that counts from now on; recovery codes come with the
// first, and its other sessions are told.
func enrolled(c echo.Context, tx *repository.Session, a *domain.Account, f *domain.Factor) (openapi.Enrolled, error) {
	out := openapi.Enrolled{Factor: factorJSON(f)}
	left, err := tx.CodesLeft(ctx(c), a.ID)
	if err != nil {
		return out, err
	}
	if left == 0 {
		if out.RecoveryCodes, err = makeCodes(c, tx, a.ID); err != nil {
			return out, err
		}
	}
	return out, warn(c, tx, a.ID, domain.NoticeDraft{Event: "factor.enrolled", RecordKind: "factors", RecordID: string(f.ID)})
}

// warn tells an account, inside the platform alone, that one signs in to it otherwise
// than before: who did not do that has somebody else in the account.
func warn(c echo.Context, tx *repository.Session, a domain.AccountID, d domain.NoticeDraft) error {
	d.Occasion = d.Event + "|" + tx.NewID()
	return tx.Notices.Tell(ctx(c), d, a)
}

func makeCodes(c echo.Context, tx *repository.Session, of domain.AccountID) (codes []string, err error) {
	_, err = asServer(tx).Accounts.Update(ctx(c), domain.EditAccount, of, nil, func(tx *repository.Session, a *domain.Account) error {
		a.Recover("made")
		codes, err = tx.NewCodes(ctx(c), of)
		return err
	})
	return codes, err
}

// RemoveFactor takes a second factor away, unless something rests on it.
func (s *Server) RemoveFactor(c echo.Context, id openapi.ID) error {
	err := s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		return tx.Factors.Delete(ctx(c), domain.RemoveFactor, domain.FactorID(id), nil, func(tx *repository.Session, f *domain.Factor) error {
			left, err := active(c, tx, a.ID)
			if err != nil {
				return err
			}
			if f.Stage.Is(domain.FactorActive) && len(left) == 1 {
				if err := a.LastFactor(); err != nil {
					return err
				}
				if err := tx.ForgetCodes(ctx(c), a.ID); err != nil { // they stand for a factor
					return err
				}
			}
			if !f.Stage.Is(domain.FactorActive) {
				return f.Remove()
			}
			return errors.Join(f.Remove(), warn(c, tx, a.ID, domain.NoticeDraft{Event: "factor.removed"}))
		})
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// RenewRecoveryCodes makes new recovery codes in place of the former.
func (s *Server) RenewRecoveryCodes(c echo.Context) error {
	var out openapi.RecoveryCodes
	err := s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		factors, err := active(c, tx, a.ID)
		if err != nil {
			return err
		}
		if len(factors) == 0 {
			return domain.Refuse(domain.Conflict, "recovery codes stand for a second factor; enroll one first")
		}
		out.RecoveryCodes, err = makeCodes(c, tx, a.ID)
		return errors.Join(err, warn(c, tx, a.ID, domain.NoticeDraft{Event: "recovery_codes.renewed"}))
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, out)
}

// ProveSession keeps that the caller has just proved who it is, by everything that
// a sign-in would need.
func (s *Server) ProveSession(c echo.Context) error {
	in, err := bind[openapi.Proof](c)
	if err != nil {
		return err
	}
	a, err := s.ownPassword(c, in.Password, "/password")
	if err != nil {
		return err
	}
	err = s.system(c).Tx(ctx(c), func(tx *repository.Session) error {
		now, err := tx.Accounts.Hold(ctx(c), a.ID)
		if err != nil {
			return err
		}
		if now.Password != a.Password {
			return wrongOwn("/password")
		}
		if _, err := secondFactor(c, tx, now, in.Code, true); err != nil {
			return asFault(s.unproved(c, now, err))
		}
		_, err = tx.As(actor(c)).Sessions.Update(ctx(c), domain.EndSession, sessionOf(c), nil, func(_ *repository.Session, v *domain.Session) error {
			return v.Prove(tx.Now())
		})
		return err
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// ownPassword is the caller's account, if pw is its password. Whoever holds a
// session may not try many.
func (s *Server) ownPassword(c echo.Context, pw, at string) (*domain.Account, error) {
	a, err := s.system(c).Accounts.Get(ctx(c), actor(c).Account)
	if err != nil {
		return nil, err
	}
	if err := s.spend(c, "proof", string(sessionOf(c)), proofs); err != nil {
		return nil, s.unproved(c, a, err)
	}
	ok, _, err := password.Preferred().Verify(ctx(c), a.Password, pw)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, s.unproved(c, a, wrongOwn(at))
	}
	return a, nil
}

// unproved has the audit trail know that who is signed in to an account did not prove
// again who it is, if that is why err refuses it. To be asked for the code that is
// missing is no refusal.
func (s *Server) unproved(c echo.Context, a *domain.Account, err error) error {
	why := domain.RefusedProof
	switch {
	case errors.Is(err, domain.TooMany):
		why = domain.RefusedTooOften
	case errors.Is(err, errCodeNeeded), !errors.Is(err, domain.Unauthenticated) && !errors.Is(err, domain.Invalid):
		return err
	}
	s.store.SignInRefused(ctx(c), domain.NewRefusedSignIn(a, why))
	return err
}

func wrongOwn(at string) error {
	return (domain.Faults{{Pointer: at, Code: "wrong", Detail: "is not the account's password"}}).Err()
}

// asFault words a refusal of a code to one who is signed in: the session goes on.
func asFault(err error) error {
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Kind == domain.Unauthenticated {
		return domain.Faults(refused.Faults).Err()
	}
	return err
}

// ChangePassword sets the caller's password and ends the other sessions; and where
// somebody else may have known the former one, all that they may have made of it and
// this session too, whose tokens they may have copied.
func (s *Server) ChangePassword(c echo.Context) error {
	in, err := bind[openapi.PasswordChange](c)
	if err != nil {
		return err
	}
	a, err := s.ownPassword(c, in.CurrentPassword, "/current_password")
	if err != nil {
		return err
	}
	factors, err := active(c, s.as(c), a.ID)
	if err != nil {
		return err
	}
	minimum := password.MinAlone
	if len(factors) > 0 {
		minimum = password.MinWithSecondFactor
	}
	hash, err := hashPassword(ctx(c), in.Password, minimum, a.Login, a.Name)
	if err != nil {
		return err
	}
	short := password.Check(in.Password, password.MinAlone) != nil
	_, err = s.system(c).Accounts.Update(ctx(c), domain.EditAccount, a.ID, nil, func(tx *repository.Session, now *domain.Account) error {
		if now.Password != a.Password {
			return wrongOwn("/current_password") // it was changed meanwhile
		}
		if left, err := active(c, tx, a.ID); err != nil || (short && len(left) == 0) {
			return errors.Join(err, domain.Refuse(domain.Conflict, "the second factor was removed meanwhile; choose a longer password"))
		}
		now.SetPassword(hash, short)
		if err := warn(c, tx, a.ID, domain.NoticeDraft{Event: "password.changed"}); err != nil {
			return err
		}
		if in.KnownToOthers {
			return errors.Join(tx.Resets.WithdrawAll(ctx(c), a.ID), tx.Sever(ctx(c), a.ID, "password changed"))
		}
		return errors.Join(tx.Resets.WithdrawKind(ctx(c), a.ID, domain.ResetPassword), tx.Sessions.EndAll(ctx(c), a.ID, "password changed", sessionOf(c)))
	})
	if err != nil {
		return err
	}
	s.auth.forget()
	return c.NoContent(http.StatusNoContent)
}
