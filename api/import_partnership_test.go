package api_test

import (
	"strings"
	"testing"

	"accord/domain"
)

const partnershipsMapping = `
entity: partnership
format: csv
key: [No]
fields:
  title: {column: Title, type: text}
  kind: {value: long_term, type: text}
  source: {value: Partnership database of 2019, type: text}
  stage: {column: State, type: text, map: {running: reapproval_due, over: closed_out}, map_else: keep}
  members: {column: Who, type: list, separator: ";"}
  starts_on: {column: From, type: date, date_format: YYYY-MM-DD}
  ends_on: {column: Until, type: date, date_format: YYYY-MM-DD}
  approved_on: {column: Approved, type: date, date_format: YYYY-MM-DD}
  amount: {column: Worth, type: decimal}
  currency: {value: USD, type: text}
  objectives: {value: "4.1", type: list}
`

func TestPartnershipsOfAnOlderRegisterComeInWithTheirGaps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		vetted := w.organization("Vetted Ltd", domain.OrganizationApproved)
		file := "No,Title,State,Who,From,Until,Approved,Worth\n" +
			"1,Hotel training,running,Vetted Ltd;Never Vetted;NEVER  vetted,2024-01-01,2027-12-31,2023-12-01,100000\n" +
			"2,No dates,over,,,,,\n" +
			"3,Still approved,active,Vetted Ltd,2024-01-01,2027-12-31,,\n" +
			"4,Backward,over,Vetted Ltd,2024-01-02,2024-01-01,2030-01-01,1.234\n"
		rehearsed := staff.imported("old", partnershipsMapping, file, "dry_run", "true")
		check(t, "partnerships after a dry run", len(staff.get("/v1/partnerships").want(200).items()), 0)
		r := staff.imported("old", partnershipsMapping, file)
		check(t, "figures", figures(r), "done read 4 created 2 matched 0 refused 2")
		check(t, "figures of the dry run", figures(rehearsed), figures(r))
		check(t, "organizations made", r.at("organizations_created"), 1)
		check(t, "refused", strings.Join(refusedRows(staff, r), "\n"), strings.Join([]string{
			`4 stage C4 "active": must be reapproval_due, expired, terminated or closed_out`,
			`5 amount H5 "1.234": an amount in USD has at most 2 decimals, not 3`,
		}, "\n"))

		list := staff.get("/v1/partnerships?sort=title").want(200)
		check(t, "titles", list.column("title"), "[Hotel training No dates]")
		check(t, "stages", list.column("stage"), "[reapproval_due closed_out]")
		check(t, "source", list.column("legacy_source")[0], "Partnership database of 2019")
		training := "/v1/partnerships/" + list.column("id")[0]
		if got := string(staff.get(training).Body); strings.Count(got, `"organization_id"`) != 2 || !strings.Contains(got, string(vetted.ID)) {
			t.Errorf("its members are %s", got)
		}
		lacks := staff.get(training + "/remediation").want(200)
		items := strings.Join(lacks.column("item"), " ")
		for _, gap := range []string{"/purpose", "/not_procurement", "/memorandum", "/monitoring_plan", "/members/1", "/elements/risks", "/clearances/legal"} {
			if !strings.Contains(items+" ", gap+" ") {
				t.Errorf("the list lacks %s: %s", gap, items)
			}
		}
		for _, known := range []string{"/starts_on", "/ends_on", "/members/0"} {
			if strings.Contains(items+" ", known+" ") {
				t.Errorf("the list has %s: %s", known, items)
			}
		}
		w.as(domain.Liaison).move(training, "renew", map[string]string{"ends_on": "2028-12-31"}).want(422)
		check(t, "again", figures(staff.imported("old", partnershipsMapping, file)), "done read 4 created 0 matched 2 refused 2")
	})
}
