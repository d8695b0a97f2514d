package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// render is the one place where a kind of record becomes JSON for an actor. It
// picks from an allow-list what that actor may see.
type render[T, J any] func(domain.Actor, *T) J

// show answers with one record. Its ETag is taken over what this caller sees:
// a change of what it may not see doesn't change a byte.
func show[T, J any](c echo.Context, status int, v *T, as render[T, J]) error {
	return answerJSON(c, status, as(actor(c), v))
}

func answerJSON(c echo.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return answerBody(c, status, "application/json", body)
}

// created says where what was made is, if the operation makes what has an address.
// It knows that by the contract; id is the record's.
func created(c echo.Context, id string) {
	if op, _ := c.Get("operation").(openapi.Operation); op.Makes != "" {
		c.Response().Header().Set(echo.HeaderLocation, strings.Replace(op.Makes, "{id}", id, 1))
	}
}

// answerBody answers with a body and its tag, or says that it is as it was.
func answerBody(c echo.Context, status int, kind string, body []byte) (err error) {
	if status == http.StatusCreated || status == http.StatusAccepted {
		var made struct{ ID string }
		if err := json.Unmarshal(body, &made); err != nil {
			return err
		}
		created(c, made.ID)
	}
	tag := tagOf(body)
	if fields := c.QueryParam("fields"); fields != "" {
		if body, err = narrow(body, strings.Split(fields, ",")); err != nil {
			return err
		}
		tag += "-" + tagOf(body)
	}
	h := c.Response().Header()
	h.Set("ETag", strconv.Quote(tag))
	if c.Request().Method == http.MethodGet {
		// Here a weak tag is as good (RFC 9110, section 13.1.2).
		for _, had := range listOf(c, "If-None-Match") {
			if had = strings.TrimPrefix(had, "W/"); plainTag(had) == tag {
				h.Set("ETag", had)
				return c.NoContent(http.StatusNotModified)
			}
		}
	}
	return c.Blob(status, kind, body)
}

// tagOf is a strong entity tag (RFC 9110, section 8.8.3).
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// plainTag is what stands between a strong tag's quotes, without the mark of an
// answer that was compressed, which is another representation of the same record
// (RFC 9110, section 8.8.3.3). Nothing if it is no strong tag.
func plainTag(tag string) string {
	inside, quoted := strings.CutPrefix(tag, `"`)
	inside, closed := strings.CutSuffix(inside, `"`)
	if !quoted || !closed || strings.Contains(inside, `"`) {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(inside, "-gzip"), "-zstd")
}

// listOf are the entity tags of a header, each as it was sent.
func listOf(c echo.Context, header string) []string {
	var out []string
	for t := range strings.SplitSeq(strings.Join(c.Request().Header.Values(header), ","), ",") {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// match refuses a change of a record that is not as the caller last saw it.
func match[T, J any](c echo.Context, as render[T, J]) repository.Match[*T] {
	list := listOf(c, "If-Match")
	return func(v *T) error {
		body, err := json.Marshal(as(actor(c), v))
		if err != nil {
			return err
		}
		now := tagOf(body)
		// The tag of a narrowed answer begins with the record's.
		same := func(t string) bool { t, _, _ = strings.Cut(plainTag(t), "-"); return t == now }
		if !slices.ContainsFunc(list, same) {
			return domain.Refuse(domain.Stale, "the record has changed since; read it again")
		}
		return nil
	}
}

// conditional refuses a change that doesn't say which version it changes. "*"
// names none, a weak tag is no one's (RFC 9110, section 13.1.1), and what has no
// quotes is no tag. It is said before any record is looked at.
func conditional(c echo.Context) error {
	list := listOf(c, "If-Match")
	if len(list) == 0 {
		return domain.Refuse(domain.Unconditional, "send the record's ETag as If-Match: read the record, and send the header as it came")
	}
	strong := 0
	for _, t := range list {
		switch {
		case plainTag(t) != "":
			strong++
		case t == "*":
			return domain.Refuse(domain.Unconditional, "* is any version, and a change names the one that you saw: send the record's ETag as If-Match")
		case !strings.HasPrefix(t, "W/"):
			return &domain.Error{Kind: domain.Malformed, Detail: "If-Match can't be read", Faults: domain.Faults{
				{Parameter: "If-Match", Code: "invalid", Detail: `must be the record's ETag with its quotes, such as "33a64df551425fcc55e4d42a148795d9"`}}}
		}
	}
	if strong == 0 {
		return domain.Refuse(domain.Stale, `a weak tag (W/"…") never matches: send the ETag without W/, as the record bears it (something between may have weakened it)`)
	}
	return nil
}

// table is the part of a repository's table that changes records.
type table[T any] interface {
	Update(context.Context, domain.Action, domain.ID[T], repository.Match[*T], func(*repository.Session, *T) error) (*T, error)
	Delete(context.Context, domain.Action, domain.ID[T], repository.Match[*T], func(*repository.Session, *T) error) error
}

// change lets do alter a record and shows it.
func change[T, J any](c echo.Context, t table[T], act domain.Action, id string, as render[T, J], do func(*repository.Session, *T) error) error {
	if err := conditional(c); err != nil {
		return err
	}
	v, err := t.Update(ctx(c), act, domain.ID[T](id), match(c, as), do)
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, as)
}

// edit applies a merge patch to what was written of a record: draft gives it as
// the contract's draft, write takes the patched one.
func edit[T, J, D any](c echo.Context, t table[T], act domain.Action, id string, as render[T, J], draft func(*T) D, write func(*repository.Session, *T, D) error) error {
	return change(c, t, act, id, as, func(s *repository.Session, v *T) error {
		d, err := patched(c, draft(v))
		if err != nil {
			return err
		}
		return write(s, v, d)
	})
}

// remove takes a record out after note has recorded it.
func remove[T, J any](c echo.Context, t table[T], act domain.Action, id string, as render[T, J], note func(*repository.Session, *T) error) error {
	if err := conditional(c); err != nil {
		return err
	}
	if err := t.Delete(ctx(c), act, domain.ID[T](id), match(c, as), note); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// page reads the parameters that every list takes. They were held against the
// contract at the door.
func page(c echo.Context) repository.Page {
	p := repository.Page{
		Cursor: c.QueryParam("cursor"), Limit: 25, Sort: c.QueryParam("sort"),
		Query: c.QueryParam("q"), Count: c.QueryParam("count") == "exact",
	}
	if n, err := strconv.Atoi(c.QueryParam("limit")); err == nil {
		p.Limit = n
	}
	return p
}

// pageJSON is the shape of every list.
type pageJSON[J any] struct {
	Items      []J    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
	Total      *int64 `json:"total,omitempty"`
}

// showPage answers with a page of a list and a link to the next (RFC 8288).
func showPage[T, J any](c echo.Context, rows repository.Rows[T], as render[T, J]) error {
	out := pageJSON[J]{Items: make([]J, len(rows.Items)), NextCursor: rows.Next, Total: rows.Total}
	for i := range rows.Items {
		out.Items[i] = as(actor(c), &rows.Items[i])
	}
	if rows.Next != "" {
		next := *c.Request().URL
		q := next.Query()
		q.Set("cursor", rows.Next)
		next.RawQuery = q.Encode()
		c.Response().Header().Set("Link", "<"+next.RequestURI()+`>; rel="next"`)
	}
	return answerJSON(c, http.StatusOK, out)
}

// narrow keeps only the named members of a record, or of each record of a list.
func narrow(body []byte, fields []string) ([]byte, error) {
	var v map[string]json.RawMessage
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, err
	}
	items, isList := v["items"]
	if !isList {
		return json.Marshal(only(v, fields))
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(items, &rows); err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i] = only(rows[i], fields)
	}
	narrowed, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	v["items"] = narrowed
	return json.Marshal(v)
}

func only(v map[string]json.RawMessage, fields []string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for name, value := range v {
		if slices.Contains(fields, name) {
			out[name] = value
		}
	}
	return out
}

// next lists what the actor may do with a record now: what its stage allows and
// the policy grants where the actor stands.
func next(a domain.Actor, stands domain.Reach, allowed []domain.Action) []string {
	out := []string{}
	for _, act := range allowed {
		if a.Reach(act)&stands != 0 {
			out = append(out, act.Verb())
		}
	}
	slices.Sort(out)
	return out
}

// orEmpty makes a list that is never null on the wire.
func orEmpty[T any, L ~[]T](in L) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// texts turns a list of a named string type into plain strings, never null.
func texts[S ~string, L ~[]S](in L) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// named turns plain strings into a list of a named string type.
func named[S ~string](in []string) []S {
	out := make([]S, len(in))
	for i, s := range in {
		out[i] = S(s)
	}
	return out
}
