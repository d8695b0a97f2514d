package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/onetime"
	"accord/internal/password"
	"accord/openapi"
	"accord/repository"
)

// SignIn starts a session. A wrong name, a wrong password and a suspended account
// are refused alike and at the same cost. Only who has the right password learns
// whether there is a second factor.
func (s *Server) SignIn(c echo.Context) error {
	in, err := bind[openapi.Credentials](c)
	if err != nil {
		return err
	}
	v, err := s.knock(c, in.Login, in.DeviceToken)
	if err != nil {
		return s.turnedAway(c, nil, err)
	}
	a, stronger, err := s.proved(c, in.Login, in.Password)
	if errors.Is(err, domain.Unauthenticated) {
		return errors.Join(s.wrong(c, v), s.turnedAway(c, a, err))
	}
	if err != nil {
		return err
	}
	byApp, err := s.takesApp(c, a, v.known, in.Code)
	if err != nil {
		return err
	}
	err = s.begin(c, a, v.known, func(tx *repository.Session, now *domain.Account) (*domain.Session, error) {
		if now.Password != a.Password {
			return nil, wrongCredentials // it was changed meanwhile
		}
		if stronger != "" {
			if err := rehash(c, tx, now, stronger); err != nil {
				return nil, err
			}
		}
		how, err := secondFactor(c, tx, now, in.Code, byApp)
		if err != nil {
			return nil, err
		}
		return domain.NewSession(now, how, tx.Now())
	})
	return s.turnedAway(c, a, s.guessed(c, a, err))
}

func rehash(c echo.Context, tx *repository.Session, a *domain.Account, stronger string) error {
	_, err := tx.Accounts.Update(ctx(c), domain.EditAccount, a.ID, nil, func(_ *repository.Session, a *domain.Account) error {
		a.Rehash(stronger)
		return nil
	})
	return err
}

var wrongCredentials = domain.Refuse(domain.Unauthenticated, "the sign-in name or the password is wrong")

// proved is the account whose password was given, with a stronger hash of it if
// the one that is kept is weak. Beside a refusal it is the account that was tried.
func (s *Server) proved(c echo.Context, login, pw string) (a *domain.Account, stronger string, err error) {
	a, err = s.system(c).Accounts.ByLogin(ctx(c), login)
	if errors.Is(err, domain.NotFound) {
		if err := password.Preferred().VerifyNothing(ctx(c), pw); err != nil {
			return nil, "", wrongPassword(err)
		}
		return nil, "", wrongCredentials
	}
	if err != nil {
		return nil, "", err
	}
	ok, weak, err := password.Preferred().Verify(ctx(c), a.Password, pw)
	if err != nil {
		return a, "", wrongPassword(err)
	}
	if !ok || !a.Stage.Is(domain.AccountActive) {
		return a, "", wrongCredentials
	}
	if weak {
		stronger, err = password.Preferred().Hash(ctx(c), pw)
	}
	return a, stronger, err
}

// wrongPassword hides that a password is one that nobody could have chosen.
func wrongPassword(err error) error {
	var r *password.Refusal
	if errors.As(err, &r) {
		return wrongCredentials
	}
	return err
}

// turnedAway has the audit trail know of a sign-in, to an account if there is one, if
// err refuses it. To ask for the second factor beside a right password refuses
// nobody. It costs no statement: see repository.Store.SignInRefused.
func (s *Server) turnedAway(c echo.Context, a *domain.Account, err error) error {
	var why domain.Refusal
	switch {
	case errors.Is(err, errCodeNeeded):
		return err
	case errors.Is(err, domain.TooMany):
		why = domain.RefusedTooOften
	case errors.Is(err, errCodeWrong), errors.Is(err, errAppRefused):
		why = domain.RefusedCode
	case errors.Is(err, wrongPasskey):
		why = domain.RefusedPasskey
	case errors.Is(err, wrongToken):
		why = domain.RefusedIssuer
	case errors.Is(err, domain.Unauthenticated):
		why = domain.RefusedPassword
	default:
		return err
	}
	s.store.SignInRefused(ctx(c), domain.NewRefusedSignIn(a, why))
	return err
}

// takesApp counts a code beside a right password, before it is looked at, and
// reports whether an authenticator app's is taken: always from a device that is
// known, which has a bound of its own.
func (s *Server) takesApp(c echo.Context, a *domain.Account, known bool, code string) (bool, error) {
	if code == "" {
		return true, nil
	}
	tried := 0
	err := s.store.As(domain.Actor{Role: domain.System}).Tx(ctx(c), func(tx *repository.Session) (err error) {
		tried, err = tx.CountCode(ctx(c), a.ID)
		return err
	})
	return known || tried <= wrongCodes, err
}

// guessed tells the account that somebody had the right password and a wrong code,
// if that is why err refuses it: once, until a code is right. Who hangs up is told
// of too.
func (s *Server) guessed(c echo.Context, a *domain.Account, err error) error {
	if !errors.Is(err, errCodeWrong) && !errors.Is(err, errAppRefused) {
		return err
	}
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(ctx(c))))
	return errors.Join(err, s.store.As(domain.Actor{Role: domain.System}).Tx(ctx(c), func(tx *repository.Session) error {
		first, err := tx.WrongCode(ctx(c), a.ID)
		if err != nil || !first {
			return err
		}
		return warn(c, tx, a.ID, domain.NoticeDraft{Event: "session.wrong_code"})
	}))
}

// errCodeNeeded, errCodeWrong and errAppRefused tell who has the right password what is missing.
var (
	errCodeNeeded = &domain.Error{Kind: domain.Unauthenticated, Detail: "a second factor is needed beside the password", Faults: domain.Faults{
		{Pointer: "/code", Code: "second_factor_required", Detail: "send a code of your authenticator app or a recovery code, or sign in with a passkey"}}}
	errCodeWrong = &domain.Error{Kind: domain.Unauthenticated, Detail: "the code is wrong or was used before", Faults: domain.Faults{
		{Pointer: "/code", Code: "wrong", Detail: "is no code of now; wait for the next one, or send a recovery code"}}}
	errAppRefused = &domain.Error{Kind: domain.Unauthenticated, Detail: "there were too many wrong codes", Faults: domain.Faults{
		{Pointer: "/code", Code: "recovery_code_required", Detail: "send a recovery code, or sign in with a passkey or from a device that you used before"}}}
)

// secondFactor uses up the code that stands beside a right password, if the
// account has a second factor. One of an authenticator app is looked at only if
// byApp says so.
func secondFactor(c echo.Context, tx *repository.Session, a *domain.Account, code string, byApp bool) (domain.SignInMethod, error) {
	how, err := codeOf(c, tx, a, code, byApp)
	if err == nil && code != "" {
		err = tx.RightCode(ctx(c), a.ID)
	}
	return how, err
}

func codeOf(c echo.Context, tx *repository.Session, a *domain.Account, code string, byApp bool) (domain.SignInMethod, error) {
	factors, err := active(c, tx, a.ID)
	if err != nil {
		return "", err
	}
	if len(factors) == 0 {
		return domain.ByPassword, nil
	}
	if code == "" {
		return "", errCodeNeeded
	}
	for _, f := range factors {
		if f.Kind != domain.FactorTOTP || !byApp {
			continue
		}
		step, ok := onetime.Check(f.Secret.Reveal(), code, tx.Now(), f.Step)
		if !ok {
			continue
		}
		_, err := tx.Factors.Update(ctx(c), domain.ConfirmFactor, f.ID, nil, func(_ *repository.Session, f *domain.Factor) error { return f.Use(step) })
		return domain.ByTOTP, err
	}
	used, err := tx.UseCode(ctx(c), a.ID, code)
	if err != nil {
		return "", err
	}
	if !used && !byApp {
		return "", errAppRefused
	}
	if !used {
		return "", errCodeWrong
	}
	_, err = tx.Accounts.Update(ctx(c), domain.EditAccount, a.ID, nil, func(_ *repository.Session, a *domain.Account) error {
		a.Recover("used")
		return nil
	})
	return domain.ByRecoveryCode, err
}

// active lists the second factors of an account that count.
func active(c echo.Context, tx *repository.Session, of domain.AccountID) ([]*domain.Factor, error) {
	all, err := tx.Factors.Of(ctx(c), of)
	var out []*domain.Factor
	for _, f := range all {
		if f.Stage.Is(domain.FactorActive) {
			out = append(out, f)
		}
	}
	return out, err
}

// begin starts the session that prove makes once it has let the account in. The account is
// held meanwhile, so that a change of its password, its factors or its stage comes
// before or after and never between.
func (s *Server) begin(c echo.Context, a *domain.Account, known bool, prove func(*repository.Session, *domain.Account) (*domain.Session, error)) error {
	var session *domain.Session
	var out openapi.Tokens
	err := s.system(c).Tx(ctx(c), func(tx *repository.Session) error {
		now, err := tx.Accounts.Hold(ctx(c), a.ID)
		if err != nil {
			return err
		}
		if session, err = prove(tx, now); err != nil {
			return err
		}
		if err := tx.Sessions.CreateAs(ctx(c), now, session); err != nil {
			return err
		}
		factors, err := active(c, tx, now.ID)
		if err != nil {
			return err
		}
		out.MustEnroll = now.Role.MustEnroll(session.Method, len(factors) > 0)
		if !known {
			out.DeviceToken, err = newDevice(c, tx, now.ID, session)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.tokens(c, http.StatusCreated, session, out)
}

// newDevice gives a device a token by which it is known from now on, and tells the
// account of it where it can see it when it is safely signed in: nowhere else.
func newDevice(c echo.Context, tx *repository.Session, of domain.AccountID, session *domain.Session) (string, error) {
	raw, hash := NewToken()
	another, err := tx.KeepDevice(ctx(c), of, hash)
	if err != nil || !another {
		return raw, err
	}
	return raw, warn(c, tx, of, domain.NoticeDraft{Event: "session.new_device", RecordKind: "sessions", RecordID: string(session.ID)})
}
