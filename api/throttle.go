package api

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/repository"
)

// How often a sign-in may be tried. A limit is never of an account alone, or who
// knows a sign-in name could keep its owner out: it is of a name as tried from one
// place, of a place, or of a device that was signed in before. What many places
// try on one name makes each of those that are not known slower, and none stop.
// Names and places stand in these limits as keyed hashes alone.
var (
	triesOfDevice = repository.Rate{Limit: 15, Window: 10 * time.Minute}
	triesOfName   = repository.Rate{Limit: 10, Window: 10 * time.Minute}
	triesPressed  = repository.Rate{Limit: 3, Window: time.Hour}
	triesOfPlace  = repository.Rate{Limit: 300, Window: 10 * time.Minute, Blurred: true}
	// wrongOfName is how many wrong tries of a name count as pressure (SP 800-63B-4,
	// section 3.2.2, has 100); nine tenths are enough, as instances tell each other late.
	wrongOfName = repository.Rate{Limit: 100, Window: time.Hour}
	// proofs is how often a session may try to prove who holds it.
	proofs = repository.Rate{Limit: 10, Window: 10 * time.Minute}
	// askings is how often a reset may be asked for by one name.
	askings = repository.Rate{Limit: 3, Window: time.Hour}
)

// wrongCodes is how many codes of an authenticator app there may be beside the
// right password until one is right (SP 800-63B-4, section 3.2.2). Then none is
// taken from a device that is not known: who gets that far and guesses has the
// password. A recovery code, which nobody guesses, and a passkey are.
const wrongCodes = 100

// visitor is who tries to sign in.
type visitor struct {
	login, place string
	// known says that the account was signed in from the same device before.
	known bool
}

// knock lets somebody try a password once, or refuses with TooMany. It does the
// same for a name that nobody signs in with.
func (s *Server) knock(c echo.Context, login, device string) (visitor, error) {
	v := visitor{login: domain.FoldLogin(login), place: s.clientNetwork(c)}
	site := s.clientSite(c)
	var err error
	if device != "" {
		if v.known, err = s.system(c).KnowsDevice(ctx(c), v.login, hashToken(device)); err != nil {
			return v, err
		}
	}
	if v.known {
		return v, s.spend(c, "sign-in of device", hashToken(device), triesOfDevice)
	}
	if err := s.spend(c, "sign-in of place", site, triesOfPlace); err != nil {
		return v, err
	}
	wrong, err := s.store.Left(ctx(c), "sign-in wrong", v.login, wrongOfName)
	if err != nil {
		return v, err
	}
	if wrong.Left <= wrongOfName.Limit/10 {
		if err := s.spend(c, "sign-in pressed", v.login+"\x00"+site, triesPressed); err != nil {
			return v, err
		}
	}
	return v, s.spend(c, "sign-in of name", v.login+"\x00"+v.place, triesOfName)
}

// wrong counts a wrong password. It never refuses.
func (s *Server) wrong(c echo.Context, v visitor) error {
	if v.known {
		return nil
	}
	_, err := s.store.Take(ctx(c), "sign-in wrong", v.login, wrongOfName)
	return err
}

// spend takes one of an allowance, or refuses and says when there is another.
func (s *Server) spend(c echo.Context, class, who string, r repository.Rate) error {
	a, err := s.store.Take(ctx(c), class, who, r)
	if err != nil || a.Granted {
		return err
	}
	return tooOften(c, a)
}

func tooOften(c echo.Context, a repository.Allowance) error {
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(a.Next/time.Second)+1))
	return domain.Refuse(domain.TooMany, "too many tries; try again later, as Retry-After says, or with a passkey")
}
