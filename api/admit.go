package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// admit is the door of every operation: who calls, whether they do so too often,
// what may stand in the address and the headers, what the body is; then the
// handler, once per idempotency key.
func (s *Server) admit(op openapi.Operation, next echo.HandlerFunc) echo.HandlerFunc {
	next = s.current(op, next)
	return func(c echo.Context) error {
		c.Set("operation", op)
		headers := c.Request().Header.Values("Authorization")
		stranger := s.auth.stranger(headers)
		if stranger { // nothing is asked of the database for one who asks too often
			leave, over := s.enter(c, op, domain.Actor{})
			if over != nil {
				return over
			}
			defer leave()
		}
		who, sid, err := s.auth.actor(ctx(c), headers, s.clientAddress(c))
		if op.Action == string(domain.QuickExit) && errors.Is(err, domain.Unauthenticated) {
			// Whose session has ended is out already; who stayed away for long is not.
			who, err = s.auth.leaving(ctx(c), headers)
		}
		c.Set("actor", who)              // for the line, whatever is refused below
		if !stranger || who.Key != nil { // a key that is good counts by itself
			leave, over := s.enter(c, op, who)
			if over != nil {
				return over
			}
			defer leave()
		}
		if err != nil {
			return err
		}
		if who.Role == domain.Anyone && !op.Public {
			return domain.Refuse(domain.Unauthenticated, "sign in and send the access token as a bearer token")
		}
		if who, err = s.standFor(c, op, who); err != nil {
			return err
		}
		if who.Enrolling && !domain.Action(op.Action).WhileEnrolling() {
			if !op.Public {
				return errMustEnroll
			}
			who, sid = domain.Actor{Role: domain.Anyone}, "" // a password alone reads nothing that others can't
		}
		c.Set("actor", who)
		c.Set("sid", sid)
		// What a key can do is no secret of any record's, and asked before one is.
		if who.Key != nil && !who.May(domain.Action(op.Action)) {
			return domain.Refuse(domain.Forbidden, "the API key may not %s: a key does what it names, of what its creator may and can give it", op.Action)
		}
		if err := checkParameters(op, c); err != nil {
			return err
		}
		// Where a path names a record, what the caller can't see must answer as
		// what isn't there; that is the repository's to say.
		if !strings.Contains(op.Path, "{") && !who.May(domain.Action(op.Action)) {
			return domain.Refuse(domain.Forbidden, "%s may not %s", who.Role, op.Action)
		}
		if err := readBody(op, c); err != nil {
			return err
		}
		return again(op, c, func() error {
			if key := c.Request().Header.Get("Idempotency-Key"); key != "" && op.Method == http.MethodPost {
				return s.once(op, key, c, next)
			}
			return next(c)
		})
	}
}

// tries is how often one request is done before it is given up.
const tries = 3

// again does a request anew that the database undid to let another go on: of those that
// wait for each other one gives way, and nothing of it is kept. What is read as it
// arrives can't be read twice; its sender is told to come back.
func again(op openapi.Operation, c echo.Context, do func() error) error {
	err := do()
	for n := 1; n < tries && repository.GaveWay(err) && !streamed(op) && !c.Response().Committed; n++ {
		err = do()
	}
	return err
}

// streamed reports whether an operation's body is left for its handler to read.
func streamed(op openapi.Operation) bool {
	return op.ContentType != "" && !strings.HasSuffix(op.ContentType, "json")
}

// errMustEnroll is what an account of the office without a second factor is told,
// whatever it asks for.
var errMustEnroll = &domain.Error{Kind: domain.Forbidden, Detail: "your role needs a second factor: enroll an authenticator app or a passkey at /v1/me/factors", Faults: domain.Faults{
	{Code: "must_enroll", Detail: "nothing else can be done before that"}}}

func plainText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// checkParameters holds the query and headers against the contract. An unknown
// name is refused: a mistyped filter that is ignored answers with too much.
func checkParameters(op openapi.Operation, c echo.Context) error {
	query, err := queryOf(c)
	if err != nil {
		return err
	}
	var f domain.Faults
	fault := func(name, code, detail string) {
		f = append(f, domain.Fault{Parameter: name, Code: code, Detail: detail})
	}
	for name, values := range query {
		i := slices.IndexFunc(op.Parameters, func(p openapi.Parameter) bool { return p.In == "query" && p.Name == name })
		switch {
		case i < 0:
			fault(clip(name), "unknown_parameter", "is no parameter of this operation, which takes "+offered(op))
		case len(values) > 1:
			fault(name, "repeated", "is given more than once")
		default:
			checkParameter(&f, op.Parameters[i], values[0])
		}
	}
	if len(op.Fields) > 0 {
		unknown := slices.DeleteFunc(strings.Split(c.QueryParam("fields"), ","), func(name string) bool { return name == "" || slices.Contains(op.Fields, name) })
		if len(unknown) > 0 {
			fault("fields", "unknown_value", "no record here has "+clip(unknown[0])+"; they have "+strings.Join(op.Fields, ", "))
		}
	}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required && len(query[p.Name]) == 0 {
			fault(p.Name, "required", "is required")
		}
		switch values := c.Request().Header.Values(p.Name); {
		case p.In != "header" || len(values) == 0:
		case len(values) > 1 && p.Name == "Idempotency-Key":
			fault(p.Name, "repeated", "is given more than once")
		default:
			checkParameter(&f, p, values[0])
		}
	}
	if len(f) > 0 {
		slices.SortFunc(f, func(a, b domain.Fault) int { return strings.Compare(a.Parameter, b.Parameter) })
		return &domain.Error{Kind: domain.Malformed, Detail: "a parameter can't be read", Faults: f}
	}
	return nil
}

// offered names the parameters that an operation takes in its query.
func offered(op openapi.Operation) string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

func queryOf(c echo.Context) (map[string][]string, error) {
	query, err := parseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, domain.Refuse(domain.Malformed, "the query can't be read: write it as name=value&name=value, with %%XX for what stands for something else")
	}
	for name, values := range query {
		if !plainText(name) || slices.ContainsFunc(values, func(v string) bool { return !plainText(v) }) {
			return nil, domain.Refuse(domain.Malformed, "the query must be UTF-8 without NUL")
		}
	}
	return query, nil
}

func checkParameter(f *domain.Faults, p openapi.Parameter, value string) {
	fail := func(detail string) {
		*f = append(*f, domain.Fault{Parameter: p.Name, Code: "invalid", Detail: detail})
	}
	var typed any = value
	switch p.Type {
	case "integer":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			fail("must be a whole number")
			return
		}
		typed = n
	case "boolean":
		if value != "true" && value != "false" {
			fail("must be true or false")
		}
		return
	}
	if p.Rules == "" {
		return
	}
	if err := validate.Var(typed, p.Rules); err != nil {
		fail(ruleText(err))
	}
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func some(r io.Reader) bool {
	n, _ := io.CopyN(io.Discard, r, 1)
	return n > 0
}

// readBody reads a JSON body whole, up to its limit. Other kinds stay a stream
// for their handler.
func readBody(op openapi.Operation, c echo.Context) error {
	r := c.Request()
	if op.ContentType == "" {
		// A body that nobody reads would be taken for one that was.
		if r.ContentLength > 0 || some(r.Body) {
			return domain.Refuse(domain.Malformed, "this operation takes no body")
		}
		return nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := params["charset"]; err != nil || kind != op.ContentType || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return domain.Refuse(domain.Unsupported, "send %s", op.ContentType)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return domain.Refuse(domain.Unsupported, "send the body as it is, without a content encoding")
	}
	if streamed(op) {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return domain.Refuse(domain.TooLarge, "a body has at most %d bytes", maxBody)
	}
	if err != nil {
		return domain.Refuse(domain.Malformed, "the body did not arrive whole")
	}
	if err := readable(body); err != nil {
		return err
	}
	c.Set("body", body)
	return nil
}
