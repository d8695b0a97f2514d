package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"sync"
	"testing"

	"accord/domain"
	"accord/repository"
)

const companiesMapping = `
entity: organization
format: csv
key: [Number]
fields:
  legal_name: {column: Name, type: text, required: true}
  type: {column: Kind, type: text, map: {Company: business, Charity: ngo}}
  country: {column: Country, type: text}
  identifiers: {type: list, items: [{column: Number, prefix: "national:"}]}
`

const companies = "Number,Name,Kind,Country\n1,Alpha Ltd,Company,US\n2,Beta Trust,Charity,GB\n3,Gamma,Sect,US\n4,Delta Ltd,Company,XX\n1,Alpha Ltd,Company,US\n"

// upload sends a file to be imported.
func (c *client) upload(register, mapping, file string, more ...string) *result {
	c.w.Helper()
	b := &bytes.Buffer{}
	form := multipart.NewWriter(b)
	for i := 0; i+1 < len(more); i += 2 {
		must(c.w, form.WriteField(more[i], more[i+1]))
	}
	if register != "" {
		must(c.w, form.WriteField("register", register))
	}
	must(c.w, form.WriteField("mapping", mapping))
	part, err := form.CreateFormFile("file", "companies.csv")
	must(c.w, err)
	_, err = part.Write([]byte(file))
	must(c.w, err)
	must(c.w, form.Close())
	return c.post("/v1/imports", b.String(), "Content-Type", form.FormDataContentType())
}

// imported uploads a file and lets the server load it.
func (c *client) imported(register, mapping, file string, more ...string) *result {
	c.w.Helper()
	r := c.upload(register, mapping, file, more...).want(202)
	c.w.runJobs()
	return c.get(r.Header.Get("Location")).want(200)
}

// runJobs does what is due now.
func (w *world) runJobs() {
	w.Helper()
	_, err := w.store.RunDue(w.Context(), w.server.Jobs())
	must(w, err)
}

func figures(r *result) string {
	return fmt.Sprint(r.str("stage"), " read ", r.at("read"), " created ", r.at("created"), " matched ", r.at("matched"), " refused ", r.at("refused"))
}

func init() {
	walk["listImports"] = func(*world, *client) call { return call{path: "/v1/imports"} }
	walk["createImport"] = func(*world, *client) call {
		return call{path: "/v1/imports", send: func(c *client) *result { return c.upload("test", companiesMapping, companies) }}
	}
	walk["getImport"] = func(w *world, _ *client) call {
		return call{path: w.as(domain.Staff).upload("test", companiesMapping, companies).want(202).Header.Get("Location")}
	}
	walk["listImportRefusals"] = func(w *world, by *client) call {
		k := walk["getImport"](w, by)
		k.path += "/refusals"
		return k
	}
}

func TestAnImportReportsEachRowAndRepeatsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		if got, want := figures(staff.imported("companies", companiesMapping, companies, "dry_run", "true")), "done read 5 created 2 matched 1 refused 2"; got != want {
			t.Errorf("dry run: %s, want %s", got, want)
		}
		if n := len(staff.get("/v1/organizations").items()); n != 0 {
			t.Fatalf("a dry run left %d organizations", n)
		}
		first := staff.imported("companies", companiesMapping, companies)
		if got, want := figures(first), "done read 5 created 2 matched 1 refused 2"; got != want {
			t.Errorf("first: %s, want %s", got, want)
		}
		refusals := staff.get("/v1/imports/" + first.str("id") + "/refusals").want(200)
		if got := fmt.Sprintln(refusals.column("row"), refusals.items()[0]["cell"], refusals.items()[1]["field"], refusals.items()[1]["value"]); got != "[4 5] C4 country XX\n" {
			t.Errorf("refusals: %s", refusals.Body)
		}
		second := staff.imported("companies", companiesMapping, companies)
		if got, want := figures(second), "done read 5 created 0 matched 3 refused 2"; got != want {
			t.Errorf("again: %s, want %s", got, want)
		}
		// Another register that names the same organization finds it.
		other := staff.imported("elsewhere", companiesMapping, "Number,Name,Kind,Country\n1,ALPHA  LTD,Company,US\n")
		if got, want := figures(other), "done read 1 created 0 matched 1 refused 0"; got != want {
			t.Errorf("elsewhere: %s, want %s", got, want)
		}
		if got := staff.get("/v1/organizations?sort=legal_name").column("legal_name"); fmt.Sprint(got) != "[Alpha Ltd Beta Trust]" {
			t.Errorf("there are %v", got)
		}
		trail := w.as(domain.Auditor).get("/v1/audit?actor_id=" + string(staff.actor.Account)).want(200)
		if !strings.Contains(fmt.Sprint(trail.column("event")), "organization.created") {
			t.Error("the import was not done as whoever asked for it")
		}
	})
}

// TestWhoIsStoppedImportsNothingMore stops whoever asked before the file is loaded, and
// as soon as they were found to be allowed.
func TestWhoIsStoppedImportsNothingMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, begun := range []bool{false, true} {
			who := w.another(domain.Staff, "", "")
			path := who.upload("companies", companiesMapping, companies).want(202).Header.Get("Location")
			stop := sync.OnceFunc(func() {
				w.exec("UPDATE accounts SET stage = 'suspended' WHERE id = '" + string(who.actor.Account) + "'")
			})
			if !begun {
				stop()
			}
			asked := func(text string) {
				if strings.Contains(text, "AS account, '' AS method") {
					stop()
				}
			}
			_, err := w.store.RunDue(repository.WithStatements(w.Context(), asked), w.server.Jobs())
			must(t, err)
			got := w.as(domain.Liaison).get(path).want(200)
			if figures(got) != "failed read 0 created 0 matched 0 refused 0" || !strings.Contains(got.str("failure"), "no more") {
				t.Errorf("begun %v: %s", begun, got.Body)
			}
		}
		if n := len(w.as(domain.Liaison).get("/v1/organizations").items()); n != 0 {
			t.Errorf("%d organizations are there", n)
		}
	})
}

func TestAFileThatCannotBeReadFailsWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for name, file := range map[string]string{
			"an unclosed quote": "Number,Name,Kind,Country\n1,\"Alpha,Company,US\n",
			"another shape":     "a,b\n1,2\n",
			"broken encoding":   "Number,Name,Kind,Country\n1,Alpha,Company,US\n2,\xff\xfe,Company,US\n",
		} {
			r := staff.imported("broken", companiesMapping, file)
			if r.str("stage") != "failed" || r.str("failure") == "" {
				t.Errorf("%s: %s", name, r.Body)
			}
		}
		if n := len(staff.get("/v1/organizations").items()); n != 0 {
			t.Errorf("%d organizations are left of files that could not be read", n)
		}
	})
}

func TestAnUploadThatIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.upload("", companiesMapping, companies).want(422).fault("/register", "required")
		staff.upload("x", "entity: pirate\n", companies).want(422).fault("/mapping", "invalid")
		staff.upload("x", companiesMapping, companies, "dry_run", "perhaps").want(422).fault("/dry_run", "invalid")
		staff.upload("x", companiesMapping, companies, "colour", "red").want(422).fault("/colour", "unknown_field")
		staff.upload("x", companiesMapping, companies, "mapping", companiesMapping).want(400)
		staff.upload("x", companiesMapping, strings.Repeat("x", 33<<20)).want(413)
		staff.post("/v1/imports", "{}").want(415)
		staff.post("/v1/imports", "--x\r\nContent-Disposition: form-data; name=\"register\"\r\n\r\ncut", "Content-Type", "multipart/form-data; boundary=x").want(400)
		w.anyone().upload("x", companiesMapping, companies).want(401)
		if n := len(staff.get("/v1/imports").want(200).items()); n != 0 {
			t.Errorf("%d imports were kept", n)
		}
	})
}
