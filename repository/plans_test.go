package repository

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"accord/domain"
	"accord/internal/dbtest"
)

// planned is a store that notes how the database would go about each query.
type planned struct {
	*Store
	t     *testing.T
	plans []string
}

func openPlanned(t *testing.T, dsn string) *planned {
	t.Helper()
	s, err := Open(dsn, Options{Master: master})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p := &planned{Store: s, t: t}
	if err := s.read.Callback().Query().After("gorm:query").Register("test:explain", p.explain); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *planned) explain(tx *gorm.DB) {
	explain := "EXPLAIN QUERY PLAN "
	if p.postgres {
		explain = "EXPLAIN "
	}
	pool, err := p.SQL()
	if err != nil {
		p.t.Fatal(err)
	}
	rows, err := pool.QueryContext(tx.Statement.Context, explain+tx.Statement.SQL.String(), tx.Statement.Vars...)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		columns, _ := rows.Columns()
		line := make([]any, len(columns))
		for i := range line {
			line[i] = new(sql.NullString)
		}
		if err := rows.Scan(line...); err != nil {
			p.t.Fatal(err)
		}
		plan.WriteString(line[len(line)-1].(*sql.NullString).String + "\n")
	}
	p.plans = append(p.plans, plan.String())
}

// seed writes rows as plain SQL: i counts from 1 to n.
func (p *planned) seed(n int, insert string) {
	p.t.Helper()
	err := p.As(domain.Actor{Role: domain.System}).Tx(p.t.Context(), func(s *Session) error {
		return s.mechanism(p.t.Context()).Exec(fmt.Sprintf(
			"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) %s FROM n", n, insert)).Error
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

const seedOrganizations = `INSERT INTO organizations (id, version, created_at, updated_at, legal_name, name_key, other_names, type, survivor_led,
	attested_by, identifiers, website, country, sector, languages, stage, conditions, stage_reason)
	SELECT 'org-' || i, 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'O', 'o', '[]', 'ngo', FALSE, '', '[]', '', '', '', '[]', 'approved', '[]', ''`

// seedCommitments spreads commitments over twenty organizations and some
// hundred due dates; a tenth is active, a tenth published. %s is the i-th second.
const seedCommitments = `INSERT INTO commitments (id, version, created_at, updated_at, organization, partnership, title, text, due_on, amount_minor,
	amount_currency, source_url, objectives, contributes_to, pillars, trafficking_types, topics, countries, stage, stage_reason, submitted_by,
	submitted_on, accepted_by, accepted_on, activated_on, claimed_by, completed_on, verified_on, ended_on, amendments, consented_by, consented_at,
	released_by, released_at, published)
	SELECT 'c-' || i, 1, %[1]s, %[1]s, 'org-' || (1 + i %% 20), CASE WHEN i %% 100 = 0 THEN 'p-' || i ELSE '' END, 'T' || i, 'X',
	(2026 + i / 7 %% 10) || '-' || (10 + i / 11 %% 3) || '-' || (10 + i / 17 %% 19), 0, '', '', '["4.3"]', '[]', '[]', '[]', '[]', '[]',
	CASE WHEN i / 20 %% 10 = 0 THEN 'active' ELSE 'draft' END, '', 'a', '2026-01-01', 'b',
	(2020 + i / 7 %% 6) || '-01-' || (10 + i / 11 %% 18), '', '', '', '', '', 0, 'a', %[1]s, 'b', %[1]s, i / 13 %% 10 = 0`

// analyze gathers statistics, as PostgreSQL does by itself and the office's
// housekeeping does on SQLite.
func (p *planned) analyze() {
	p.t.Helper()
	err := p.KeepStatistics(p.t.Context())
	if err == nil && p.postgres {
		err = p.As(domain.Actor{Role: domain.System}).mechanism(p.t.Context()).Exec("ANALYZE").Error
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestListsOfCommitmentsReadTheirPageAlone(t *testing.T) {
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		p := openPlanned(t, dsn)
		p.seed(1_000, seedOrganizations)
		second := "datetime('2026-01-01', '+' || i || ' seconds')"
		if p.postgres {
			second = "timestamptz '2026-01-01' + i * interval '1 second'"
		}
		p.seed(40_000, fmt.Sprintf(seedCommitments, second))
		p.analyze()
		staff := p.As(domain.Actor{Account: "a", Role: domain.Staff})
		partner := p.As(domain.Actor{Account: "a", Role: domain.Partner, Organization: "org-2", Vetting: domain.OrganizationApproved})
		anyone := p.As(domain.Actor{Role: domain.Anyone})
		list := func(s *Session, f CommitmentFilter) func(Page) (string, int, error) {
			return func(page Page) (string, int, error) {
				rows, err := s.Commitments.List(t.Context(), f, page)
				return rows.Next, len(rows.Items), err
			}
		}
		register := func(f PublishedFilter) func(Page) (string, int, error) {
			return func(page Page) (string, int, error) {
				rows, err := anyone.Register.Commitments(t.Context(), f, page)
				return rows.Next, len(rows.Items), err
			}
		}
		for _, tt := range []struct {
			name, sort, index string
			list              func(Page) (string, int, error)
		}{
			{"all", "", "commitments_created", list(staff, CommitmentFilter{})},
			{"all by due date", "due_on", "commitments_due", list(staff, CommitmentFilter{})},
			{"all by due date, the last first", "-due_on", "commitments_due", list(staff, CommitmentFilter{})},
			{"all by title", "title", "commitments_title", list(staff, CommitmentFilter{})},
			{"of a stage", "", "commitments_stage_created", list(staff, CommitmentFilter{Stage: "active"})},
			{"of a stage by due date", "due_on", "commitments_stage_due", list(staff, CommitmentFilter{Stage: "active"})},
			{"of an organization", "", "commitments_organization_created", list(staff, CommitmentFilter{Organization: "org-1"})},
			{"of an organization by due date", "due_on", "commitments_organization_due", list(staff, CommitmentFilter{Organization: "org-1"})},
			{"of stage, organization and due dates by due date", "due_on", "commitments_organization_stage_due",
				list(staff, CommitmentFilter{Stage: "active", Organization: "org-1", DueFrom: "2027-01-01", DueUntil: "2033-12-31"})},
			{"inside a partnership", "", "commitments_partnership", list(staff, CommitmentFilter{Partnership: "p-100"})},
			{"a partner's own", "", "commitments_organization_created", list(partner, CommitmentFilter{})},
			{"a partner's own by due date", "due_on", "commitments_organization_due", list(partner, CommitmentFilter{})},
			{"a partner's own of stage and due dates", "due_on", "commitments_organization_",
				list(partner, CommitmentFilter{Stage: "active", DueFrom: "2027-01-01"})},
			{"published", "", "commitments_published_accepted", register(PublishedFilter{})},
			{"published by due date", "due_on", "commitments_published_due", register(PublishedFilter{})},
			{"published of an organization", "", "commitments_published_organization", register(PublishedFilter{Organization: "org-1"})},
		} {
			for page, cursor := range []string{"", "next"} {
				if cursor == "next" {
					next, n, err := tt.list(Page{Limit: 1, Sort: tt.sort})
					if err != nil || n != 1 {
						t.Fatalf("%s: %d rows, %v", tt.name, n, err)
					}
					if cursor = next; cursor == "" {
						continue // it has one page
					}
				}
				p.plans = nil
				if _, _, err := tt.list(Page{Limit: 25, Sort: tt.sort, Cursor: cursor}); err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				if fault := p.wasteful(p.plans[0], tt.index); fault != "" {
					t.Errorf("%s, page %d: %s\n%s", tt.name, page+1, fault, p.plans[0])
				}
				// Milestones, indicators, reports, and for the register organizations and partnerships.
				if related := len(p.plans) - 1; related > 5 {
					t.Errorf("%s, page %d: %d further queries for %s", tt.name, page+1, related, p.plans[1:])
				}
				for _, related := range p.plans[1:] {
					if fault := p.wasteful(related, ""); fault != "" && !p.postgres { // which reads a table that is empty
						t.Errorf("%s, page %d, what belongs to the rows: %s\n%s", tt.name, page+1, fault, related)
					}
				}
			}
		}
	})
}

func TestARareMarkIsLookedUpNotSearchedFor(t *testing.T) {
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		p := openPlanned(t, dsn)
		p.seed(20, seedOrganizations)
		p.seed(20_000, fmt.Sprintf(seedCommitments, "CURRENT_TIMESTAMP"))
		p.seed(5, "INSERT INTO marks (facet, value, record) SELECT 'country', 'TV', 'c-' || (13 * i)")
		p.seed(20_000, "INSERT INTO marks (facet, value, record) SELECT 'country', 'US', 'c-' || i")
		p.analyze()
		index := "sqlite_autoindex_commitments_1 (id=?)"
		if p.postgres {
			index = "commitments_pkey"
		}
		for country, lookedUp := range map[string]bool{"TV": true, "US": false} {
			f := PublishedFilter{MarkFilter: MarkFilter{Country: country}}
			p.plans = nil
			if _, err := p.As(domain.Actor{Role: domain.Anyone}).Register.Commitments(t.Context(), f, Page{Limit: 25, Sort: "due_on"}); err != nil {
				t.Fatal(err)
			}
			if plan := p.plans[1]; strings.Contains(plan, index) != lookedUp {
				t.Errorf("%s is found by\n%s", country, plan)
			}
		}
	})
}

// wasteful finds what a list must not do: read a whole table, sort, or, on
// SQLite, use another index than the one made for it. PostgreSQL weighs how rows
// lie on disk, and may well take another that is as good.
func (p *planned) wasteful(plan, index string) string {
	for line := range strings.Lines(plan) {
		switch {
		case strings.Contains(line, "TEMP B-TREE"), strings.Contains(line, "Sort  ("):
			return "it sorts"
		case strings.Contains(line, "SCAN") && !strings.Contains(line, "USING"), strings.Contains(line, "Seq Scan on commitments"):
			return "it reads the whole table"
		}
	}
	if !p.postgres && !strings.Contains(plan, index) {
		return "it does not use " + index
	}
	return ""
}
