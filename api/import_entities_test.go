package api_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/repository"
)

const meetingsMapping = `
entity: engagement
format: csv
key: [No]
fields:
  title: {column: Title, type: text}
  kind: {value: meeting, type: text}
  starts_on: {column: Day, type: date, date_format: YYYY-MM-DD}
  time_zone: {value: America/New_York, type: text}
  organizations: {column: Who, type: list, separator: ";"}
  countries: {column: Where, type: list}
  objectives: {value: "4.3", type: list}
`

const promisesMapping = `
entity: commitment
format: csv
key: [No]
fields:
  organization: {column: Who, type: text}
  organization_type: {column: Kind, type: text}
  organization_country: {column: Where, type: text}
  organization_identifiers: {type: list, items: [{column: Reg, prefix: "reg:"}]}
  title: {value: Pay recruitment fees back, type: text}
  text: {value: All of them., type: text}
  stage: {column: Stage, type: text}
  due_on: {column: Due, type: date, date_format: [YYYY, YYYY-MM-DD], partial: last}
  due_precision: {column: Precision, type: text}
  due_text: {column: Due, type: text}
  objectives: {value: "4.1", type: list}
  milestone_title: {value: Half of them, type: text}
  milestone_due_on: {column: Half, type: date, date_format: YYYY-MM-DD}
  indicator_title: {value: Workers repaid, type: text}
  indicator_unit: {value: people, type: text}
  indicator_ascending: {value: "true", type: boolean}
  target: {column: Target, type: decimal}
`

const advicesMapping = `
entity: recommendation
format: csv
key: [No]
fields:
  body: {value: The Board, type: text}
  body_statute: {value: Its charter, type: text}
  body_seats: {column: Seats, type: integer}
  body_term_years: {value: "2", type: integer}
  report_year: {column: Year, type: integer}
  number: {column: Number, type: integer}
  text: {column: Text, type: text}
  agencies: {column: To, type: list, separator: ";"}
  issued_on: {column: Issued, type: date, date_format: YYYY-MM-DD}
  source: {value: The Board's report, type: text}
  response_stage: {column: Answer, type: text}
  response_text: {column: Words, type: text}
  response_on: {column: Answered, type: date, date_format: YYYY-MM-DD}
`

// refusedRows are the refusals of an import, by row and field.
func refusedRows(c *client, r *result) []string {
	var out []string
	for _, x := range c.get("/v1/imports/" + r.str("id") + "/refusals?limit=100").want(200).items() {
		out = append(out, fmt.Sprintf("%v %v %v %q: %v", x["row"], orDash(x["field"]), orDash(x["cell"]), orDash(x["value"]), x["reason"]))
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(a[:12], b[:12]) })
	return out
}

func orDash(v any) any {
	if v == nil {
		return "-"
	}
	return v
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n%v, want\n%v", what, got, want)
	}
}

func TestMeetingsOfThePastComeInAsHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		file := "No,Title,Day,Who,Where\n" +
			"1,Supplier guidance,2014-07-01,Never Vetted Ltd;NEVER  vetted ltd;Another,FRA\n" +
			"2,Too early,2027-01-01,A Third,France\n" +
			"3,,2014-07-01,A Fourth,Atlantis\n" +
			"4,Long names,2014-07-01,A Fifth;" + strings.Repeat("x", 501) + ",US\n"
		r := staff.imported("meetings", meetingsMapping, file)
		check(t, "figures", figures(r), "done read 4 created 1 matched 0 refused 3")
		check(t, "organizations made", r.at("organizations_created"), 2)
		check(t, "refused", strings.Join(refusedRows(staff, r), "\n"), strings.Join([]string{
			`3 starts_on C3 "2027-01-01": is in the future; what was held has begun`,
			`4 countries E4 "Atlantis": must be an ISO 3166-1 alpha-2 code`,
			`4 title B4 "-": a title is not empty`,
			`5 organizations D5 "A Fifth;` + strings.Repeat("x", 112) + `…": must be at most 500 characters`,
		}, "\n"))
		// Nothing is left of a refused row.
		check(t, "organizations", staff.get("/v1/organizations?sort=legal_name").column("legal_name"), "[Another Never Vetted Ltd]")

		e := staff.get("/v1/engagements").want(200).items()
		if len(e) != 1 {
			t.Fatal(e)
		}
		check(t, "the meeting", fmt.Sprint(e[0]["title"], e[0]["stage"], e[0]["starts_at"], e[0]["ends_at"], e[0]["countries"]),
			"Supplier guidance"+"held"+"2014-07-01T04:00:00Z"+"2014-07-02T04:00:00Z"+"[FR]")
		check(t, "who took part", staff.get(fmt.Sprint("/v1/engagements/", e[0]["id"], "/participants")).column("name"), "[Another Never Vetted Ltd]")
		trail := w.as(domain.Auditor).get(fmt.Sprint("/v1/audit?record_id=", e[0]["id"])).want(200)
		check(t, "events", trail.column("event"), "[engagement.recorded]")

		// What the organization is stays open, so it can't be vetted yet.
		id := staff.get("/v1/organizations?q=Another").items()[0]["id"]
		staff.move(fmt.Sprint("/v1/organizations/", id), "submit", nil).want(422).fault("/type", "required")
	})
}

func TestCommitmentsComeInAsTheyStand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		file := "No,Who,Kind,Where,Reg,Stage,Due,Precision,Half,Target\n" +
			"1,Harbor,business,NOR,h1,active,2030,year,2028-06-30,1200\n" +
			"2,Harbor,business,NO,h1,verified_complete,2020-05-01,,,\n" +
			"3,Haven,business,NO,h3,accepted,2030,year,,\n" +
			"4,Haven,business,NO,h3,active,2030-06-30,year,,\n" +
			"5,Hill,pirate,NO,h5,active,2030,year,,\n" +
			"6,Hill,business,NO,h6,active,,,,7\n"
		r := staff.imported("promises", promisesMapping, file)
		check(t, "figures", figures(r), "done read 6 created 3 matched 0 refused 3")
		check(t, "organizations made", r.at("organizations_created"), 2)
		check(t, "refused", strings.Join(refusedRows(staff, r), "\n"), strings.Join([]string{
			`4 stage F4 "accepted": must be draft, active, completed_claimed, verified_complete, partly_met, not_met, lapsed or withdrawn`,
			`5 due_precision H5 "year": needs a date that is the last day of its year`,
			`6 organization_type C6 "pirate": must be a type of the reference list`,
		}, "\n"))

		c := staff.get("/v1/commitments?sort=due_on").want(200).items()
		var got []string
		for _, x := range c {
			if x["accepted_on"] != nil || x["health"] != nil {
				t.Errorf("the office has not accepted %v", x)
			}
			got = append(got, strings.ReplaceAll(fmt.Sprintf("%v,%v,%v,%v", x["stage"], x["due_on"], x["due_precision"], x["due_text"]), "<nil>", ""))
		}
		check(t, "commitments", got, "[active,,, verified_complete,2020-05-01,,2020-05-01 active,2030-12-31,year,2030]")
		path := fmt.Sprint("/v1/commitments/", c[2]["id"])
		steps := staff.get(path + "/milestones").want(200).items()
		check(t, "milestone", fmt.Sprint(len(steps), steps[0]["title"], steps[0]["due_on"], steps[0]["weight"]), "1Half of them2028-06-30100")
		measures := staff.get(path + "/indicators").want(200).items()
		check(t, "indicator", fmt.Sprint(len(measures), measures[0]["unit"], measures[0]["targets"]), "1people[map[from:2030-01-01 until:2030-12-31 value:1200]]")
		undated := staff.get(fmt.Sprint("/v1/commitments/", c[0]["id"], "/indicators")).want(200).items()
		check(t, "a target without a date", undated[0]["definition"], "The target of 7 has no date.")
		trail := w.as(domain.Auditor).get(fmt.Sprint("/v1/audit?record_id=", c[2]["id"])).want(200)
		check(t, "events", fmt.Sprint(len(trail.items()), strings.Contains(string(trail.Body), "commitment.recorded")), "2 true")
	})
}

func TestADueYearIsEditedAsOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.imported("promises", promisesMapping, "No,Who,Kind,Where,Reg,Stage,Due,Precision,Half,Target\n1,Harbor,business,NO,h1,draft,2030,year,,\n")
		path := fmt.Sprint("/v1/commitments/", staff.get("/v1/commitments").items()[0]["id"])
		staff.patch(path, `{"due_on":"2030-06-30"}`).want(422).fault("/due_precision", "invalid")
		staff.patch(path, `{"due_precision":"week"}`).want(422).fault("/due_precision", "unknown_value")
		r := staff.patch(path, `{"due_on":"2030-06-30","due_precision":"month","due_text":null}`).want(200)
		check(t, "due", fmt.Sprint(r.at("due_on"), r.at("due_precision"), r.at("due_text")), "2030-06-30month<nil>")
	})
}

func TestRecommendationsComeInWithTheirAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const header = "No,Seats,Year,Number,Text,To,Issued,Answer,Words,Answered\n"
		file := header +
			"1,9,2020,,Train judges,DOJ;DOL,2020-05-01,accepted,Yes.,2020-06-01\n" +
			"2,9,2020,,Pay advisors,DOJ,2020-05-01,declined,Too dear.,\n" +
			"3,9,2020,7,Count them,DOJ,2020-05-01,,,\n" +
			"4,9,2020,7,Count them twice,DOJ,2020-05-01,,,\n" +
			"5,9,2020,,No words,DOJ,2020-05-01,declined,,\n" +
			"6,9,2020,,To come,DOJ,2027-05-01,,,\n"
		r := w.as(domain.Staff).imported("advices", advicesMapping, file)
		check(t, "staff make no council", figures(r), "done read 6 created 0 matched 0 refused 6")
		check(t, "why", refusedRows(w.as(domain.Staff), r)[0], `2 body - "The Board": must be a council that there is; a liaison makes one`)
		liaison := w.as(domain.Liaison)
		r = liaison.imported("advices", advicesMapping, strings.ReplaceAll(file, ",9,", ",,"))
		check(t, "a council of no seats", refusedRows(liaison, r)[0], `2 body_seats B2 "-": is not less than min_seats, which is at least 1`)

		r = liaison.imported("advices", advicesMapping, file)
		check(t, "figures", figures(r), "done read 6 created 3 matched 0 refused 3")
		check(t, "refused", strings.Join(refusedRows(liaison, r), "\n"), strings.Join([]string{
			`5 - - "-": another record has the same key`,
			`6 response_text I6 "-": give the agency's words; for a declined recommendation, its reason`,
			`7 issued_on G7 "2027-05-01": is a day that has come`,
		}, "\n"))
		list := liaison.get("/v1/recommendations?sort=number").want(200)
		check(t, "numbers", list.column("number"), "[1 2 7]")
		check(t, "stages", list.column("stage"), "[issued issued issued]")
		check(t, "answered", list.column("agencies_answered"), "[2 1 0]")
		check(t, "source", list.items()[0]["source"], "The Board's report")
		answers := liaison.get(fmt.Sprint("/v1/recommendations/", list.items()[0]["id"], "/responses")).want(200)
		check(t, "answers", fmt.Sprint(answers.column("agency"), answers.column("stage"), answers.column("days_to_first_answer")), "[DOJ DOL] [accepted accepted] [31 31]")

		// The number goes on where the report stands.
		r = w.as(domain.Staff).imported("more advice", advicesMapping, header+"1,,2020,,One more,DOJ,2020-05-01,,,\n")
		check(t, "one more", figures(r), "done read 1 created 1 matched 0 refused 0")
		check(t, "its number", w.as(domain.Staff).get("/v1/recommendations?q=one+more").column("number"), "[8]")
	})
}

// TestNoTwoOrganizationsAreTakenForOne loads files that name organizations in
// several ways and looks at how many there are.
func TestNoTwoOrganizationsAreTakenForOne(t *testing.T) {
	const header = "No,Who,Kind,Where,Reg,Stage,Due,Precision,Half,Target\n"
	promise := func(who, kind, where, reg string) string {
		return strings.Join([]string{who + kind + where + reg, who, kind, where, reg, "active", "", "", "", ""}, ",") + "\n"
	}
	meeting := func(who string) string { return "No,Title,Day,Who,Where\n" + who + ",T,2014-07-01," + who + ",\n" }
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		made := func(r *result) any { return r.at("organizations_created") }

		check(t, "other numbers in the register", made(staff.imported("r", promisesMapping,
			header+promise("Georgia", "government", "", "cou-141")+promise("Georgia", "government", "", "reg-790"))), 2)
		check(t, "other countries", made(staff.imported("r", promisesMapping,
			header+promise("Anyang", "", "KOR", "")+promise("Anyang", "", "CHN", "")+promise("ANYANG", "", "KR", ""))), 2)
		check(t, "other types", made(staff.imported("r", promisesMapping,
			header+promise("Beira", "government", "", "")+promise("Beira", "business", "", ""))), 2)

		// A name that several bear tells of none of them; once only.
		check(t, "a bare name", made(staff.imported("m", meetingsMapping, meeting("Georgia"))), 1)
		check(t, "the same again", made(staff.imported("m2", meetingsMapping, meeting("georgia"))), 0)

		// A name alone, then what it is.
		check(t, "first by its name", made(staff.imported("m", meetingsMapping, meeting("Mærsk"))), 1)
		check(t, "then with its number", made(staff.imported("r", promisesMapping, header+promise("Mærsk", "business", "DNK", "m-1"))), 0)
		check(t, "another of the name", made(staff.imported("r", promisesMapping, header+promise("Mærsk", "business", "DNK", "m-2"))), 1)
		check(t, "renamed", made(staff.imported("r", promisesMapping, header+promise("Maersk A/S", "business", "DNK", "m-1"))), 0)
		var found []string
		for _, o := range staff.get("/v1/organizations?q=Mærsk").want(200).items() {
			found = append(found, fmt.Sprint(o["type"], o["country"], o["identifiers"]))
		}
		slices.Sort(found)
		check(t, "completed", found, "[businessDK[map[scheme:reg value:m-1]] businessDK[map[scheme:reg value:m-2]]]")

		total := len(staff.get("/v1/organizations?limit=100").want(200).items())
		check(t, "organizations", total, 9)
	})
}

func TestADryRunTellsWhatWouldHappen(t *testing.T) {
	file := &strings.Builder{}
	file.WriteString("No,Title,Day,Who,Where\n")
	for i := range 250 {
		fmt.Fprintf(file, "%d,Meeting %d,2014-07-01,Organization %d;Always There,\n", i, i, i%120)
	}
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		all := func(r *result) string {
			return fmt.Sprint(figures(r), " made ", r.at("organizations_created"), " done ", r.at("done"), " of ", r.at("total"))
		}
		const want = "done read 250 created 250 matched 0 refused 0 made 121 done 250 of 250"
		check(t, "dry", all(staff.imported("m", meetingsMapping, file.String(), "dry_run", "true")), want)
		check(t, "organizations", len(staff.get("/v1/organizations").items()), 0)
		check(t, "real", all(staff.imported("m", meetingsMapping, file.String())), want)
	})
}

// numbered is a file of so many companies.
func numberedCompanies(n int) string {
	file := &strings.Builder{}
	file.WriteString("Number,Name,Kind,Country\n")
	for i := range n {
		country := "US"
		if i%50 == 7 {
			country = "Atlantis"
		}
		fmt.Fprintf(file, "%d,Company %d,Company,%s\n", i, i, country)
	}
	return file.String()
}

// TestAnImportGoesOnWhereItsRunnerDied lets a runner die in the middle of a
// transaction, as its process would: without a word.
func TestAnImportGoesOnWhereItsRunnerDied(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		ids := &dyingIDs{}
		w := newWorld(t, dsn, ids.next)
		staff := w.as(domain.Staff)
		path := staff.upload("companies", companiesMapping, numberedCompanies(450)).want(202).Header.Get("Location")
		ids.dieAfter(700) // in the third batch
		w.untilDead(w.server.Jobs())

		half := staff.get(path).want(200)
		check(t, "when it died", fmt.Sprint(figures(half), " of ", half.at("total")), "running read 200 created 196 matched 0 refused 4 of 450")
		w.runJobs()
		check(t, "while its lease runs", figures(staff.get(path)), figures(half))
		w.forward(6 * time.Minute)
		w.runJobs()
		done := staff.get(path).want(200)
		check(t, "in the end", fmt.Sprint(figures(done), " of ", done.at("total")), "done read 450 created 441 matched 0 refused 9 of 450")
		check(t, "organizations", staff.get("/v1/organizations?count=exact&limit=1").at("total"), 441)
		check(t, "refusals", len(refusedRows(staff, done)), 9)
	})
}

// dyingIDs is a source of ids at which a runner dies.
type dyingIDs struct {
	mu   sync.Mutex
	n    int
	left int
}

func (d *dyingIDs) dieAfter(n int) { d.mu.Lock(); defer d.mu.Unlock(); d.left = n }

func (d *dyingIDs) next() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	if d.left > 0 {
		if d.left--; d.left == 0 {
			runtime.Goexit()
		}
	}
	return fmt.Sprintf("%08x-0000-4000-8000-000000000000", d.n)
}

// untilDead runs what is due in a runner that dies at it.
func (w *world) untilDead(jobs map[string]repository.JobHandler) {
	dead := make(chan struct{})
	go func() {
		defer close(dead)
		_, err := w.store.RunDue(w.Context(), jobs)
		w.Errorf("the runner lives: %v", err)
	}()
	<-dead
}

// TestTwoImportsOfOneFileMakeNothingTwice lets two runners begin at once, with
// files that share companies and organizations that share names.
func TestTwoImportsOfOneFileMakeNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		meetings := &strings.Builder{}
		meetings.WriteString("No,Title,Day,Who,Where\n")
		for i := range 300 {
			fmt.Fprintf(meetings, "%d,Meeting %d,2014-07-01,Organization %d;Always There,\n", i, i, i%7)
		}
		var paths []string
		for range 2 {
			paths = append(paths, staff.upload("m", meetingsMapping, meetings.String()).want(202).Header.Get("Location"))
		}
		other := staff.upload("other", meetingsMapping, meetings.String()).want(202).Header.Get("Location")
		w.atOnce(3)

		created := 0.0
		for _, path := range paths {
			r := staff.get(path).want(200)
			check(t, path, fmt.Sprint(r.at("stage"), " ", r.at("read"), " ", r.at("refused")), "done 300 0")
			created += r.at("created").(float64)
		}
		check(t, "created by the two", created, 300)
		check(t, "created by the other register", figures(staff.get(other)), "done read 300 created 300 matched 0 refused 0")
		check(t, "meetings", staff.get("/v1/engagements?count=exact&limit=1").at("total"), 600)
		check(t, "organizations", staff.get("/v1/organizations?count=exact&limit=1").at("total"), 8)
	})
}

// atOnce runs so many imports that wait, each once all have begun.
func (w *world) atOnce(n int) {
	var begun, done sync.WaitGroup
	begun.Add(n)
	run := w.server.Jobs()["import.run"]
	jobs := map[string]repository.JobHandler{"import.run": func(ctx context.Context, s *repository.Session, payload []byte) error {
		begun.Done()
		begun.Wait()
		return run(ctx, s, payload)
	}}
	for range n {
		done.Go(func() {
			if _, err := w.store.RunDue(w.Context(), jobs); err != nil {
				w.Error(err)
			}
		})
	}
	done.Wait()
}

// A runner that is only slow is taken for dead, and another begins: what both do
// counts once.
func TestTwoRunnersOfOneImportCountNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		r := staff.upload("companies", companiesMapping, numberedCompanies(450)).want(202)
		payload := []byte(`"` + r.str("id") + `"`)
		var begun, done sync.WaitGroup
		begun.Add(2)
		for range 2 {
			done.Go(func() {
				begun.Done()
				begun.Wait()
				// The one that comes too late fails, or finds that all is done.
				_ = w.server.Jobs()["import.run"](w.Context(), w.system(), payload)
			})
		}
		done.Wait()
		w.runJobs() // whoever is left over
		end := staff.get(r.Header.Get("Location")).want(200)
		check(t, "figures", fmt.Sprint(figures(end), " of ", end.at("total")), "done read 450 created 441 matched 0 refused 9 of 450")
		check(t, "organizations", staff.get("/v1/organizations?count=exact&limit=1").at("total"), 441)
		check(t, "refusals", len(refusedRows(staff, end)), 9)
	})
}
