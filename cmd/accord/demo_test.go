package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accord/domain"
)

// database is the database under an office that a test looks into.
func (env settings) database(t *testing.T) *sql.DB {
	t.Helper()
	dsn := env["DATABASE_URL"]
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(env["ACCORD_DATA"], databaseFile)
	}
	db, err := openStore(t, dsn).SQL()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// texts is the first column of a query.
func texts(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

var printedPassword = regexp.MustCompile(`(?m)^  password +(\S+)$`)

var printedSecret = regexp.MustCompile(`second factor\s+([A-Z2-7]+)`)

// TestADemonstrationOffice loads the office once on each database, since that
// takes a while, and looks at it from every side. The store was started before
// and waits for its first admin, whose token is worth nothing then.
func TestADemonstrationOffice(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		unclaimed := env.start(t)
		token := unclaimed.stdout.await(`"token":"([^"]+)"`)
		if err := unclaimed.stop(); err != nil {
			t.Fatal(err)
		}
		printed := env.run(t, "", "demo").ok()
		db := env.database(t)
		everyStageOccurs(t, db)
		isInventedAndToday(t, db)

		entries := texts(t, db, "SELECT count(*) FROM audit_entries")
		again := env.run(t, "", "demo").ok()
		if !strings.HasSuffix(printed, again) {
			t.Errorf("a second time it prints\n%s\nafter\n%s", again, printed)
		}
		if now := texts(t, db, "SELECT count(*) FROM audit_entries"); !slices.Equal(now, entries) {
			t.Errorf("a second time it recorded %s entries after %s", now, entries)
		}
		o := env.start(t, "--demo")
		claim := fmt.Sprintf(`{"token":%q,"login":"late@example.org","name":"Late","password":%q}`, token, password)
		o.call("POST", "/v1/invitations/accept", "", claim).want(http.StatusConflict)
		known, secret := printedPassword.FindStringSubmatch(printed)[1], printedSecret.FindStringSubmatch(printed)[1]
		everySignInWorks(t, o, known, secret)
		everyFigureOccurs(t, o, known, secret)
	})
}

// everyStageOccurs walks the life cycles.
func everyStageOccurs(t *testing.T, db *sql.DB) {
	t.Helper()
	for column, want := range map[string][]string{
		"organizations.stage":      without(words(domain.OrganizationStages()), "expired"), // no step leads there yet
		"checks.result":            {"clear", "concern", "hit", "pending"},
		"accounts.stage":           {"active", "suspended"},
		"accounts.role":            {"admin", "advisor", "auditor", "custodian", "liaison", "partner", "partner_admin", "staff"},
		"invitations.stage":        {"accepted", "pending", "revoked"},
		"initiatives.stage":        words(domain.InitiativeStages()),
		"engagements.stage":        words(domain.EngagementStages()),
		"engagements.kind":         words(domain.EngagementKinds()),
		"participants.response":    {"accepted", "declined", "pending"},
		"participants.presence":    append(words(domain.Presences()), ""),
		"tasks.stage":              {"done", "dropped", "open"},
		"advisors.stage":           words(domain.AdvisorStages()),
		"recommendations.stage":    {"draft", "issued"},
		"agency_responses.stage":   words(domain.AgencyResponseStages()),
		"agency_responses.verdict": {"", "not_satisfied", "partly", "satisfied"},
		"consultations.stage":      words(domain.ConsultationStages()),
		"submissions.stage":        {"accepted", "draft", "submitted", "withdrawn", "withheld"},
		"themes.stage":             {"active", "retired"},
		"responses.outcome":        words(domain.Outcomes()),
		"partnerships.stage":       words(domain.PartnershipStages()),
		"partnerships.kind":        words(domain.PartnershipKinds()),
		"commitments.stage":        words(domain.CommitmentStages()),
		"milestones.stage":         {"pending", "rejected", "reported", "verified"},
		"progress_reports.stage":   {"accepted", "draft", "returned", "submitted"},
		"amendments.stage":         {"approved", "declined", "proposed"},
		"relationships.kind":       words(domain.RelationshipKinds()),
		"mandates.stage":           {"granted", "revoked"},
		"applications.stage":       {"declined", "received"},
		"verifications.outcome":    {"", "not_met", "partly_met", "verified_complete"},
	} {
		table, name, _ := strings.Cut(column, ".")
		got := texts(t, db, fmt.Sprintf("SELECT DISTINCT %s FROM %s", name, table))
		slices.Sort(got)
		slices.Sort(want)
		if missing := without(want, got...); len(missing) > 0 {
			t.Errorf("no %s is %q", column, missing)
		}
	}
	for _, published := range []string{"partnerships", "commitments"} {
		if n := texts(t, db, "SELECT count(*) FROM "+published+" WHERE published"); n[0] == "0" {
			t.Errorf("no %s on the register", published)
		}
	}
}

func words[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

func without(in []string, but ...string) []string {
	return slices.DeleteFunc(slices.Clone(in), func(s string) bool { return slices.Contains(but, s) })
}

// isInventedAndToday looks for what could be somebody's, or lies ahead.
func isInventedAndToday(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, query := range []string{
		"SELECT website FROM organizations WHERE website NOT LIKE 'https://%.example'",
		"SELECT email FROM contacts WHERE email NOT LIKE '%@%.example'",
		"SELECT login FROM accounts WHERE role <> 'advisor' AND login NOT LIKE '%@%.example'",
		"SELECT event FROM audit_entries WHERE at > CURRENT_TIMESTAMP",
	} {
		if got := texts(t, db, query); len(got) > 0 {
			t.Errorf("%s: %q", query, got)
		}
	}
}

// everySignInWorks signs each printed account in, and nobody who has no password.
func everySignInWorks(t *testing.T, o *office, password, secret string) {
	t.Helper()
	for _, a := range signIns {
		token := o.signedInWith(a.login, password, secret).want(http.StatusCreated).str("access_token")
		if got := o.call("GET", "/v1/me", token, "").want(http.StatusOK).str("role"); got != string(a.role) {
			t.Errorf("%s is %s", a.login, got)
		}
	}
	for _, login := range []string{"desk@tallgrass.example", "former-staff@demo.example"} {
		o.signedIn(login, password).want(http.StatusUnauthorized)
	}
}

// everyFigureOccurs looks for a figure of every indicator, in this fiscal year
// or one of the two before: the story is two years long.
func everyFigureOccurs(t *testing.T, o *office, password, secret string) {
	t.Helper()
	token := o.signedInWith("staff@demo.example", password, secret).want(http.StatusCreated).str("access_token")
	shown := map[string]bool{}
	for _, objective := range []string{"4.1", "4.3"} {
		for _, year := range []int{0, 1, 2} {
			var r struct {
				FiscalYear int `json:"fiscal_year"`
				Indicators []struct {
					Code  string
					Count *int
					Value any
				}
			}
			path := "/v1/reports/objectives/" + objective
			if err := json.Unmarshal(o.call("GET", path, token, "").want(http.StatusOK).body, &r); err != nil {
				t.Fatal(err)
			}
			year = r.FiscalYear - year
			if err := json.Unmarshal(o.call("GET", fmt.Sprintf("%s?fiscal_year=%d", path, year), token, "").want(http.StatusOK).body, &r); err != nil {
				t.Fatal(err)
			}
			for _, i := range r.Indicators {
				shown[i.Code] = shown[i.Code] || i.Count != nil && *i.Count > 0 || i.Count == nil && i.Value != nil
			}
		}
	}
	for code, is := range shown {
		if !is {
			t.Errorf("%s shows nothing", code)
		}
	}
}

func TestADemonstrationIsLoadedIntoNoOtherOffice(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		env.run(t, "", "migrate", "up").ok()
		env.run(t, password+"\n", "user", "create", "officer@example.org").ok()
		where := "ACCORD_DATA"
		if env["DATABASE_URL"] != "" {
			where = "DATABASE_URL"
		}
		for _, args := range [][]string{{"demo"}, {"serve", "--demo"}} {
			env.run(t, "", args...).says(where, "holds records", "name another")
		}
		if got := texts(t, env.database(t), "SELECT login FROM accounts"); !slices.Equal(got, []string{"officer@example.org"}) {
			t.Errorf("there are accounts %q", got)
		}
	})
}
