package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// faults are what the problem says, by where it stands.
func (r *result) faults() map[string][]openapi.Fault {
	r.w.Helper()
	var p openapi.Problem
	r.into(&p)
	out := map[string][]openapi.Fault{}
	for _, f := range p.Errors {
		out[f.Pointer+f.Parameter] = append(out[f.Pointer+f.Parameter], f)
	}
	return out
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		const wrong = `{"type":"cartel","country":"us","survivor_led":"yes","other_names":["A",1,"B\u202e"],"colour":"red","a/b~c":{},
			"identifiers":[{"scheme":"1 2","value":7,"extra":1},{"scheme":"LEI"},3],"languages":"en"}`
		want := map[string]string{
			"/legal_name": "required", "/type": "unknown_value", "/country": "invalid", "/survivor_led": "wrong_type", "/other_names/1": "wrong_type",
			"/other_names/2": "invalid_text", "/colour": "unknown_field", "/a~1b~0c": "unknown_field", "/identifiers/0/scheme": "invalid",
			"/identifiers/0/value": "wrong_type", "/identifiers/0/extra": "unknown_field", "/identifiers/1/value": "required", "/identifiers/2": "wrong_type",
			"/languages": "wrong_type",
		}
		check := func(got *result, want map[string]string) {
			t.Helper()
			told := got.pointed(422).faults()
			for at, code := range want {
				if f := told[at]; len(f) != 1 || f[0].Code != code {
					t.Errorf("%s: at %s %v, want one %s", got.request, at, f, code)
				}
			}
			if len(told) != len(want) {
				t.Errorf("%s: %d places, want %d: %s", got.request, len(told), len(want), got.Body)
			}
		}
		check(staff.post("/v1/organizations", wrong), want)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		tag := staff.seen(path)
		delete(want, "/legal_name") // which the record has
		check(staff.do(http.MethodPatch, path, wrong, "If-Match", tag), want)

		many := staff.post("/v1/organizations", `{"legal_name":"A","type":"ngo","other_names":[`+strings.Repeat("1,", 5000)+`1]}`).pointed(422)
		if told := many.faults(); len(told) > 201 || len(told[""]) != 1 {
			t.Errorf("%d places are told, and that there is more %v", len(told), told[""])
		}
		for _, body := range []string{`null`, `1`, `"a"`, `[]`, `true`} {
			if f := staff.post("/v1/organizations", body).pointed(422).faults()[""]; len(f) != 1 || f[0].Detail != "must be an object" {
				t.Errorf("%s: %v", body, f)
			}
			staff.do(http.MethodPatch, path, body, "If-Match", tag).pointed(400).fault("", "wrong_type")
		}
	})
}

func TestAFormIsToldInWordsWithAnExample(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for at, words := range map[string]string{
			"/country": "such as US", "/sector": "such as 5415", "/languages/0": "such as en", "/identifiers/0/scheme": "such as LEI",
		} {
			f := staff.post("/v1/organizations", `{"legal_name":"A","type":"ngo","country":"us","sector":"x","languages":["?"],"identifiers":[{"scheme":"1 2","value":"1"}]}`).pointed(422).faults()[at]
			if len(f) != 1 || !strings.Contains(f[0].Detail, words) {
				t.Errorf("%s: %v, want %s", at, f, words)
			}
		}
		sort := staff.get("/v1/organizations?sort=stage").pointed(400).faults()["sort"]
		if len(sort) != 1 || !strings.Contains(sort[0].Detail, "legal_name, created_at") {
			t.Errorf("sort: %v", sort)
		}
	})
}

// hidden are characters that no text holds, and how each is named.
var hidden = map[string]string{
	"\u0007": "U+0007", "\u001b": "U+001B", "\u007f": "U+007F", "\u0085": "U+0085", "\u009b": "U+009B", "\u202a": "U+202A", "\u202b": "U+202B",
	"\u202c": "U+202C", "\u202d": "U+202D", "\u202e": "U+202E", "\u2066": "U+2066", "\u2067": "U+2067", "\u2068": "U+2068", "\u2069": "U+2069",
	"\ufdd0": "U+FDD0", "\ufffe": "U+FFFE", "\uffff": "U+FFFF", "\U0001fffe": "U+1FFFE",
}

func TestNoTextHoldsWhatIsNotSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		tag := staff.seen(path)
		told := func(got *result, at, point string) {
			t.Helper()
			f := got.pointed(422).fault(at, "invalid_text").faults()[at]
			if !strings.Contains(f[0].Detail, point) {
				t.Errorf("%s: %s isn't named in %q", got.request, point, f[0].Detail)
			}
		}
		w.writesNothing("what is not seen", func() {
			for text, point := range hidden {
				told(staff.post("/v1/organizations", map[string]any{"legal_name": "Har" + text + "bor", "type": "ngo"}), "/legal_name", point)
				told(staff.do(http.MethodPatch, path, map[string]any{"other_names": []string{"A", text}}, "If-Match", tag), "/other_names/1", point)
			}
			for text, point := range map[string]string{"\n": "U+000A", "\t": "U+0009", "\r": "U+000D"} {
				told(staff.post("/v1/organizations", map[string]any{"legal_name": "Har" + text + "bor", "type": "ngo"}), "/legal_name", point)
			}
			told(staff.document("/v1/documents", "a.txt", "words", "parent_kind", "organization", "parent_id", idOf(path), "title", "A\u202eB"), "/title", "U+202E")
		})
		// What is there from before is nobody's fault who writes something else.
		w.exec("UPDATE organizations SET legal_name = 'Tar\tget' WHERE id = '" + idOf(path) + "'")
		staff.patch(path, `{"other_names":["Aim"]}`).want(200)

		// A text has lines, and people write in every direction and script.
		staff.post("/v1/initiatives", map[string]any{"title": "Bürgschaft \u200fשלום\u200f 👩\u200d👧", "summary": "One.\n\tTwo.\r\nThree.",
			"objectives": []string{"4.1"}}).want(201)

		refused := staff.imported("bidi", companiesMapping, "Number,Name,Kind,Country\n1,Al\u202epha,Company,US\n2,Beta Trust,Charity,GB\n")
		rows := staff.get("/v1/imports/" + refused.str("id") + "/refusals").want(200).items()
		if refused.at("created") != 1.0 || len(rows) != 1 || rows[0]["cell"] != "B2" || !strings.Contains(fmt.Sprint(rows[0]["reason"]), "U+202E") {
			t.Errorf("%s: refused are %v", refused.Body, rows)
		}
	})
}

func TestWhatIsNotUTF8IsToldWhere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for body, at := range map[string]int{"{\"legal_name\":\"\xff\"}": 15, "{\"legal_name\":\"\uFFFDé\xc3\"}": 20, "{\"\xff\":1}": 2} {
			f := staff.post("/v1/organizations", body).pointed(400).fault("", "invalid_utf8").faults()[""]
			if !strings.Contains(f[0].Detail, fmt.Sprintf("byte %d is not UTF-8", at)) {
				t.Errorf("%q: %s, want byte %d", body, f[0].Detail, at)
			}
		}
		path := w.organization("Target", domain.OrganizationDrafted)
		staff.document("/v1/documents", "a.txt", "words", "parent_kind", "organization", "parent_id", string(path.ID), "title", "a\xff").pointed(422).fault("/title", "invalid_utf8")
		staff.upload("r\xff", companiesMapping, companies).pointed(422).fault("/register", "invalid_utf8")
	})
}

func TestTheFileIsTheLastPart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		org := string(w.organization("Target", domain.OrganizationDrafted).ID)
		part := func(name, content string) string {
			return "--x\r\nContent-Disposition: form-data; " + name + "\r\n\r\n" + content + "\r\n"
		}
		file, kind, id := part(`name="file"; filename="a.txt"`, "words"), part(`name="parent_kind"`, "organization"), part(`name="parent_id"`, org)
		form := []string{"Content-Type", "multipart/form-data; boundary=x"}
		w.writesNothing("a file before what is said of it", func() {
			got := staff.post("/v1/documents", file+kind+id+"--x--\r\n", form...).pointed(422).fault("/parent_kind", "required").fault("/parent_id", "required")
			if !strings.Contains(string(got.Body), "the part called file is the last one") {
				t.Errorf("%s", got.Body)
			}
			got = staff.post("/v1/documents", kind+id+file+part(`name="title"`, "A")+"--x--\r\n", form...).told(400)
			if !strings.Contains(string(got.Body), "as the last one") {
				t.Errorf("%s", got.Body)
			}
		})
		staff.post("/v1/documents", kind+id+file+"--x--\r\n", form...).want(201)
	})
}
