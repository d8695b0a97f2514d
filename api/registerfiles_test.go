package api_test

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"accord/domain"
)

func init() {
	for _, kind := range []string{"text/csv", "application/atom+xml", "application/xml"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	file := func(path string) func(*world, *client) call {
		return func(w *world, _ *client) call {
			w.publishedPartnership()
			return call{path: path}
		}
	}
	walk["downloadPublishedCommitments"], walk["downloadPublishedPartnerships"] = file("/v1/register/commitments.csv"), file("/v1/register/partnerships.csv")
	walk["getRegisterFeed"], walk["downloadActivities"] = file("/v1/register/feed.atom"), file("/v1/register/activities.xml")
}

var registerFiles = []string{"/v1/register/commitments.csv", "/v1/register/partnerships.csv", "/v1/register/feed.atom", "/v1/register/activities.xml"}

// tellingCommitment is a published one of which all that a file tells is known.
func (w *world) tellingCommitment(title string) *domain.Commitment {
	w.Helper()
	d := promise()
	d.Terms.Title, d.Terms.Amount = title, domain.Money{Minor: 12345678, Currency: "USD"}
	v := w.published(d)
	i := w.seedIndicator(v)
	partner, path := w.member(domain.Partner, v.Organization), "/v1/commitments/"+string(v.ID)
	r := "/v1/progress_reports/" + partner.post(path+"/progress_reports", map[string]any{
		"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "canary-narrative",
		"figures": []map[string]any{{"indicator_id": i.ID, "value": "11"}},
	}).want(201).str("id")
	partner.move(r, "submit", nil).want(200)
	w.as(domain.Staff).move(r, "accept", nil).want(200)
	w.as(domain.Liaison).post(r+"/verify", map[string]any{"method": "data_check", "evidence": "canary-proof", "confidence": "high",
		"figures": []map[string]any{{"indicator_id": i.ID, "value": "9"}}}).want(201)
	return v
}

func TestTheRegisterIsASpreadsheetInWhichNothingRuns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.tellingCommitment("=HYPERLINK(\"http://evil.example\",\"Audit\x02\")")
		p := w.publishedPartnership()
		w.seedCommitment(v.Organization, promise(), domain.CommitmentActive)
		rows, err := csv.NewReader(strings.NewReader(string(w.anyone().get("/v1/register/commitments.csv").want(200).Body))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		for column, want := range map[string]string{
			"id": string(v.ID), "address": "http://accord.test/v1/register/commitments/" + string(v.ID), "title": "'=HYPERLINK(\"http://evil.example\",\"Audit\uFFFD\")",
			"amount": "123456.78", "currency": "USD", "due_on": "2026-12-31", "stage": "active", "health": "on_track", "countries": "MY",
		} {
			if got := rows[1][slices.Index(rows[0], column)]; got != want {
				t.Errorf("%s is %q, want %q", column, got, want)
			}
		}
		if none := string(w.anyone().get("/v1/register/commitments.csv?country=FR").want(200).Body); strings.Count(none, "\n") != 1 {
			t.Errorf("the filter let through %s", none)
		}
		partnerships := string(w.anyone().get("/v1/register/partnerships.csv").want(200).Body)
		if !strings.Contains(partnerships, string(p.ID)) || strings.Count(partnerships, p.Title) != 1 {
			t.Errorf("the partnerships are %s", partnerships)
		}
	})
}

func TestTheRegistersFeedTellsWhatHappenedLast(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.tellingCommitment("Audit & <tell>")
		var feed struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Updated string   `xml:"updated"`
			Entries []struct {
				Title, ID, Updated, Content string
				Link                        struct {
					Href string `xml:"href,attr"`
				} `xml:"link"`
			} `xml:"entry"`
		}
		// The names are lower case in the feed.
		raw := w.anyone().get("/v1/register/feed.atom").want(200)
		body := strings.NewReplacer("<title>", "<Title>", "</title>", "</Title>", "<content type=\"text\">", "<Content>", "</content>", "</Content>").Replace(string(raw.Body))
		if err := xml.Unmarshal([]byte(body), &feed); err != nil {
			t.Fatal(err)
		}
		if len(feed.Entries) != 1 || feed.Updated != "2026-03-02T09:00:00Z" {
			t.Fatalf("%+v", feed)
		}
		e := feed.Entries[0]
		if e.Title != "Audit & <tell>" || e.Link.Href != "http://accord.test/v1/register/commitments/"+string(v.ID) ||
			!strings.Contains(e.Content, "2026-03-02: Report for 2026-01-01 to 2026-02-28 accepted.") {
			t.Errorf("%+v", e)
		}
	})
}

func TestWhatIsNewlyPublishedIsNewInTheFeed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		commitment := w.seedCommitment(w.approvedOrganization().ID, promise(), domain.CommitmentActive)
		partnership := w.seedPartnership(partnershipDraft(w.approvedOrganization().ID), domain.PartnershipActive)
		entries := func() string {
			var feed struct {
				Updated string `xml:"updated"`
				Entries []struct {
					ID      string `xml:"id"`
					Updated string `xml:"updated"`
				} `xml:"entry"`
			}
			must(t, xml.Unmarshal(w.anyone().get("/v1/register/feed.atom").want(200).Body, &feed))
			out := feed.Updated
			for _, e := range feed.Entries {
				out += fmt.Sprintf("\n%s %s", strings.TrimPrefix(e.ID, "urn:uuid:"), e.Updated)
			}
			return out
		}
		w.forward(24 * time.Hour)
		w.clients = map[string]*client{}
		recent := w.published(promise())
		w.forward(24 * time.Hour)
		w.clients = map[string]*client{}
		w.publish(commitment)
		w.forward(time.Hour)
		path := "/v1/partnerships/" + string(partnership.ID)
		w.as(domain.Staff).again().move(path, "publish", nil).want(200)
		w.forward(time.Hour)
		w.member(domain.Partner, partnership.Members[0].Organization).move(path, "consent", nil).want(200)
		want := fmt.Sprintf("2026-03-04T11:00:00Z\n%s 2026-03-04T11:00:00Z\n%s 2026-03-04T09:00:00Z\n%s 2026-03-03T09:00:00Z",
			partnership.ID, commitment.ID, recent.ID)
		if got := entries(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		if got := string(w.anyone().get("/v1/register/activities.xml").want(200).Body); !strings.Contains(got, `generated-datetime="2026-03-04T11:00:00Z"`) {
			t.Errorf("%.300s", got)
		}
	})
}
func TestARegisterFileIsAskedForAgainAndForgetsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.tellingCommitment("Audit every agency that there is")
		w.publishedPartnership()
		for _, path := range registerFiles {
			got := w.anyone().get(path).want(200)
			if got.Header.Get("Cache-Control") != "public, no-cache" || got.tag() == "" {
				t.Errorf("%s: %v", path, got.Header)
			}
			w.anyone().get(path, "If-None-Match", got.tag()).want(304)
			for _, canary := range []string{"canary", string(w.as(domain.Staff).actor.Account)} {
				if strings.Contains(string(got.Body), canary) {
					t.Errorf("%s tells %s", path, canary)
				}
			}
			if staff := w.as(domain.Staff).get(path).want(200); string(staff.Body) != string(got.Body) {
				t.Errorf("%s is another for staff", path)
			}
		}
		w.member(domain.Partner, v.Organization).move("/v1/commitments/"+string(v.ID), "withdraw_consent", nil).want(200)
		for _, path := range registerFiles {
			if got := w.anyone().get(path).want(200); strings.Contains(string(got.Body), v.Title) {
				t.Errorf("%s still tells of it", path)
			}
		}
	})
}
