package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// call is a request that would succeed if the caller may make it.
type call struct {
	path string
	// body is what is sent; nil sends the contract's example.
	body any
	// record is the path whose ETag the change names; empty is the path up to
	// and including its first id.
	record string
	// headers come in pairs.
	headers []string
	// send makes a request that is not JSON, such as an upload.
	send func(c *client) *result
}

// walk has, for every operation, a call on records made for the caller: related
// to it in whatever way its role allows. Each resource's tests add theirs.
var walk = map[string]func(w *world, by *client) call{}

// caller is a fresh account of a role, with an organization or an advisor of its
// own where the role has one.
func (w *world) caller(role domain.Role) *client {
	w.Helper()
	switch role {
	case domain.Anyone:
		return w.anyone()
	case domain.Partner, domain.PartnerAdmin:
		return w.another(role, w.approvedOrganization().ID, "")
	case domain.Advising:
		return w.another(role, "", w.advisor())
	}
	return w.another(role, "", "")
}

// signedIn lists the roles that a person can sign in with.
func signedIn() []domain.Role {
	return []domain.Role{domain.Admin, domain.Staff, domain.Liaison, domain.Custodian, domain.Auditor, domain.PartnerAdmin, domain.Partner, domain.Advising}
}

var toRecord = regexp.MustCompile(`^/v1/[^/]+/[^/]+`)

// try makes a call as somebody.
func (k call) try(c *client, op openapi.Operation, headers ...string) *result {
	c.w.Helper()
	if k.send != nil {
		return k.send(c)
	}
	headers = append(append([]string{}, k.headers...), headers...)
	if op.Match && !named(headers, "If-Match") {
		record := k.record
		if record == "" {
			record = toRecord.FindString(k.path)
		}
		headers = append(headers, "If-Match", c.seen(record))
	}
	return c.do(op.Method, k.path, k.payload(op), headers...)
}

func named(headers []string, name string) bool {
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == name {
			return true
		}
	}
	return false
}

func (k call) payload(op openapi.Operation) any {
	if k.body == nil && op.ContentType != "" {
		return op.Example
	}
	return k.body
}

func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
}

// TestPermissionMatrix walks every operation as every role, and for partners and
// advisors also as one to whom the record is nothing, and compares with the
// policy.
func TestPermissionMatrix(t *testing.T) {
	var cells, proved atomic.Int64
	t.Cleanup(func() { fmt.Printf("%s: %d of %d cells proved\n", t.Name(), proved.Load(), cells.Load()) })
	t.Run("cells", func(t *testing.T) {
		each(t, func(t *testing.T, w *world) {
			for _, op := range openapi.Operations {
				fixture, ok := walk[op.ID]
				if !ok {
					t.Errorf("%s has no case: add one to walk", op.ID)
					continue
				}
				for _, role := range append(signedIn(), domain.Anyone) {
					cells.Add(1)
					if permissionCell(t, w, op, role, fixture) {
						proved.Add(1)
					}
				}
			}
		})
	})
}

func permissionCell(t *testing.T, w *world, op openapi.Operation, role domain.Role, fixture func(*world, *client) call) bool {
	by := w.caller(role)
	k := fixture(w, by)
	may := by.actor.May(domain.Action(op.Action))
	got := k.try(by, op)
	if may && (got.Status < 200 || got.Status > 299) {
		t.Errorf("%s: %s may, but got %d: %s", op.ID, role, got.Status, got.Body)
		return false
	}
	if !may && !refused(got.Status) {
		t.Errorf("%s: %s may not, but got %d: %s", op.ID, role, got.Status, got.Body)
		return false
	}
	return strangerRefused(t, w, op, role, fixture)
}

// strangerRefused tries a record of somebody else, where the role reaches only
// what is its own.
func strangerRefused(t *testing.T, w *world, op openapi.Operation, role domain.Role, fixture func(*world, *client) call) bool {
	reach := (domain.Actor{Role: role}).Reach(domain.Action(op.Action))
	if reach == 0 || reach&(domain.All|domain.Published|domain.Entrusted) != 0 || !strings.Contains(op.Path, "{") {
		return true
	}
	k, stranger := fixture(w, w.caller(role)), w.caller(role)
	if got := k.try(stranger, op); !refused(got.Status) {
		t.Errorf("%s: %s reaches another's: %d: %s", op.ID, role, got.Status, got.Body)
		return false
	}
	return true
}

// TestUnseenIsAbsent compares, byte for byte, the answer about a record that the
// caller can't see with the answer about one that isn't there.
func TestUnseenIsAbsent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, op := range openapi.Operations {
			fixture, ok := walk[op.ID]
			if !ok || !strings.Contains(op.Path, "{id}") || op.Public {
				continue
			}
			for _, role := range signedIn() {
				stranger := w.caller(role)
				k := fixture(w, w.caller(role))
				hidden := k.try(stranger, op, "If-Match", `"0"`)
				if hidden.Status != http.StatusNotFound {
					continue // this role sees it
				}
				k.path = toRecord.ReplaceAllStringFunc(k.path, func(p string) string {
					return p[:strings.LastIndex(p, "/")+1] + "00000000-0000-4000-8000-000000000000"
				})
				absent := k.try(stranger, op, "If-Match", `"0"`)
				if a, b := withoutRequestID(hidden), withoutRequestID(absent); a != b {
					t.Errorf("%s as %s: unseen and absent differ:\n%s\n%s", op.ID, role, a, b)
				}
			}
		}
	})
}

var requestIDs = regexp.MustCompile(`"request_id":"[^"]*"`)

// withoutRequestID is all that a client can tell of an answer, but for the name
// of the request and the time on the wall.
func withoutRequestID(r *result) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	return fmt.Sprintln(r.Status, h) + requestIDs.ReplaceAllString(string(r.Body), "")
}

// TestEveryOperationRefusesWhatItCannotMean sends each operation, as one who may
// call it, what no operation takes.
func TestEveryOperationRefusesWhatItCannotMean(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, op := range openapi.Operations {
			fixture, ok := walk[op.ID]
			if !ok {
				continue // TestPermissionMatrix says so
			}
			by := w.caller(domain.Permitted(domain.Action(op.Action))[0])
			if op.Action == string(domain.SignIn) {
				by = w.anyone()
			}
			k := fixture(w, by)
			expect := func(name string, status int, got *result) {
				t.Helper()
				if got.Status != status {
					t.Errorf("%s: %s: %d, want %d: %s", op.ID, name, got.Status, status, got.Body)
				}
			}
			if k.send != nil {
				continue // its own test shows these
			}
			separator := "?"
			if strings.Contains(k.path, "?") {
				separator = "&"
			}
			odd := k
			odd.path += separator + "no_such_parameter=1"
			expect("unknown parameter", 400, odd.try(by, op))
			if !op.Public {
				expect("nobody signed in", 401, k.try(w.anyone(), op, "If-Match", `"0"`))
			}
			if strings.HasSuffix(op.ContentType, "json") {
				expect("broken JSON", 400, by.do(op.Method, k.path, `{"a":`, append(k.headers, "If-Match", `"0"`)...))
				expect("no body", 400, by.do(op.Method, k.path, "", append(k.headers, "If-Match", `"0"`, "Content-Type", op.ContentType)...))
				expect("another content type", 415, by.do(op.Method, k.path, "<a/>", append(k.headers, "Content-Type", "text/xml", "If-Match", `"0"`)...))
				expect("ten megabytes", 413, by.do(op.Method, k.path, `"`+strings.Repeat("a", 10<<20)+`"`, append(k.headers, "If-Match", `"0"`)...))
				big := k
				big.body = `{"no_such_member":1}`
				expect("unknown member", 422, big.try(by, op))
			}
			if op.Match {
				expect("no If-Match", 428, k.try(by, op, "If-Match", ""))
				expect("stale If-Match", 412, k.try(by, op, "If-Match", `"0"`))
			}
			if op.Method == http.MethodGet && strings.Contains(fmt.Sprint(op.Statuses), "304") {
				first := k.try(by, op)
				expect("a first time", 200, first)
				expect("the same again", 304, k.try(by, op, "If-None-Match", first.tag()))
			}
		}
	})
}
