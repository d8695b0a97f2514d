package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// Limits are how much of the server one caller may take up.
type Limits struct {
	// Actor is how often one who is signed in may ask, wherever they are; Address,
	// how often all who are not signed in may from one address together.
	Actor, Address repository.Rate
	// Expensive is how many of these may load, report, search or work on passwords.
	Expensive repository.Rate
	// Applications are how many may come from one address: an office of many
	// organizations can apply for each, a flood can't.
	Applications repository.Rate
	// InFlight is how many requests an instance is at, and Each how many of one
	// caller, at one time. Of InFlight all who are not signed in have half together.
	InFlight, Each int
}

// DefaultLimits are those that hold where none are set.
func DefaultLimits() Limits {
	return Limits{
		Actor:        repository.Rate{Limit: 1200, Window: time.Minute},
		Address:      repository.Rate{Limit: 600, Window: time.Minute},
		Expensive:    repository.Rate{Limit: 120, Window: time.Minute},
		Applications: repository.Rate{Limit: 10, Window: time.Hour},
		InFlight:     512, Each: 64,
	}
}

// errCrowded refuses a request because of all the others.
var errCrowded = errors.New("api: too many requests under way")

// usher knows who is inside.
type usher struct {
	Limits
	inside atomic.Int64
	mu     sync.Mutex
	each   map[holder]int
	// strangers are the places of all who are not signed in.
	strangers int
}

// holder is whose requests are counted together.
type holder struct {
	class, who string
	signedIn   bool
}

func newUsher(l Limits) *usher {
	if l == (Limits{}) {
		l = DefaultLimits()
	}
	l.Address.Blurred, l.Applications.Blurred = true, true
	return &usher{Limits: l, each: map[holder]int{}}
}

// crowded refuses what is too much for this instance at once. Whether it lives
// and is ready can always be asked.
func (s *Server) crowded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Path() == "/healthz" || c.Path() == "/readyz" {
			return next(c)
		}
		defer s.usher.inside.Add(-1)
		if s.usher.inside.Add(1) > int64(s.usher.InFlight) {
			return errCrowded
		}
		return next(c)
	}
}

// enter counts a request as somebody's and refuses it if they asked too often, or
// ask too much at once. leave must be called when it is over.
//
// An address is shared by people who must not learn of each other, so one who is
// not signed in is told the limit but not what is left of it, is refused a little
// sooner or later by chance, and then always told the same; one who is counts alone.
func (s *Server) enter(c echo.Context, op openapi.Operation, who domain.Actor) (leave func(), err error) {
	id, _ := who.Signature()
	h := holder{"actor", id, true}
	if id == "" {
		h = holder{"address", s.clientNetwork(c), false}
	}
	// A quick exit that sends nothing can't be used to keep a place.
	exits := op.Action == string(domain.QuickExit) && c.Request().ContentLength == 0
	if leave, err = s.place(c, h, exits); err != nil {
		return nil, err
	}
	if err := s.takeAll(c, op, h); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// read counts what belongs to no operation as somebody's who is not signed in.
func (s *Server) read(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, err := s.place(c, holder{"address", s.clientNetwork(c), false}, false)
		if err != nil {
			return err
		}
		defer leave()
		return next(c)
	}
}

func (s *Server) place(c echo.Context, h holder, exits bool) (leave func(), err error) {
	if err := s.usher.admits(h, exits); err != nil {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
		return nil, err
	}
	return func() { s.usher.leaves(h) }, nil
}

// admits gives a place, or refuses. Who is not signed in has the other half only
// to leave: who is signed in goes on, from however many addresses others ask.
func (u *usher) admits(h holder, exits bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.each[h] >= u.Each:
		return domain.Refuse(domain.TooMany, "you have %d requests under way; let some of them end first", u.Each)
	case h.signedIn:
	case u.strangers >= (u.InFlight+1)/2 && !exits:
		return errCrowded
	default:
		u.strangers++
	}
	u.each[h]++
	return nil
}

func (u *usher) leaves(h holder) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.each[h]--; u.each[h] == 0 {
		delete(u.each, h)
	}
	if !h.signedIn {
		u.strangers--
	}
}

// takeAll takes one of each allowance that the request needs and tells what is
// left, by draft-ietf-httpapi-ratelimit-headers.
func (s *Server) takeAll(c echo.Context, op openapi.Operation, h holder) error {
	rate := s.usher.Address
	if h.signedIn {
		rate = s.usher.Actor
	}
	var told told
	if err := s.take(c, &told, "requests", h.class, h.who, rate); err != nil {
		return err
	}
	if op.Expensive || c.QueryParam("q") != "" {
		rate = s.usher.Expensive
		rate.Blurred = !h.signedIn
		if err := s.take(c, &told, "expensive", h.class+" expensive", h.who, rate); err != nil {
			return err
		}
	}
	told.write(c.Response().Header(), h.signedIn)
	if told.spent == "" {
		return nil
	}
	return domain.Refuse(domain.TooMany, "the limit of %q is used up; ask again later, as Retry-After says", told.spent)
}

func (s *Server) take(c echo.Context, told *told, name, class, who string, r repository.Rate) error {
	a, err := s.store.Take(ctx(c), class, who, r)
	if err != nil {
		return err
	}
	told.add(name, r, a)
	return nil
}

// told is what the headers say.
type told struct {
	policies, limits []string
	spent            string
	wait             int
}

func (t *told) add(name string, r repository.Rate, a repository.Allowance) {
	wait := int((a.Next + time.Second - 1) / time.Second)
	t.policies = append(t.policies, fmt.Sprintf(`"%s";q=%d;w=%d`, name, r.Limit, int(r.Window.Seconds())))
	t.limits = append(t.limits, fmt.Sprintf(`"%s";r=%d;t=%d`, name, a.Left, wait))
	if !a.Granted {
		t.spent, t.wait = name, max(t.wait, wait)
	}
}

func (t *told) write(h http.Header, left bool) {
	h.Set("RateLimit-Policy", strings.Join(t.policies, ", "))
	if left {
		h.Set("RateLimit", strings.Join(t.limits, ", "))
	}
	if t.spent != "" {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(t.wait))
	}
}
