package api

import (
	"cmp"
	"fmt"
	"slices"

	"accord/domain"
	"accord/internal/iati"
	"accord/repository"
)

// organizationTypes are our types as the code list OrganisationType has them.
var organizationTypes = map[domain.OrganizationType]string{
	domain.OrganizationBusiness: "70", domain.OrganizationBusinessAssociation: "70", domain.OrganizationLaborUnion: "22",
	domain.OrganizationNGO: "22", domain.OrganizationSurvivorLed: "22", domain.OrganizationFaithBased: "22", domain.OrganizationAcademic: "80",
	domain.OrganizationFoundation: "60", domain.OrganizationInternational: "40", domain.OrganizationGovernment: "10", domain.OrganizationMedia: "90",
}

// The parts of organizations (code list OrganisationRole).
const (
	accountable  = "2"
	implementing = "4"
)

// measure is ours as the code list IndicatorMeasure has it.
func measure(m domain.IndicatorMeasure) string {
	return fmt.Sprint(slices.Index(domain.IndicatorMeasures(), m) + 1)
}

func (s *Server) activityID(id string) string { return s.publisher.ID + "-" + id }

// office is the office as an organization of an activity; it reports without a role.
func (s *Server) office(role string) iati.Org {
	return iati.Org{Ref: s.publisher.ID, Type: "10", Role: role, Narrative: []iati.Narrative{iati.Narrative(s.publisher.Name)}}
}

func implementer(o domain.Organization) iati.Org {
	out := iati.Org{Type: cmp.Or(organizationTypes[o.Type], "90"), Role: implementing, Narrative: []iati.Narrative{iati.Narrative(o.LegalName)}}
	for _, i := range o.Identifiers {
		if i.Scheme == "org-id" {
			out.Ref = i.Value
		}
	}
	return out
}

// activity has what partnerships and commitments have in common.
func (s *Server) activity(id, title, description, status string, m domain.Marking) *iati.Activity {
	a := &iati.Activity{
		Identifier: s.activityID(id), Reporting: s.office(""), Title: iati.TextOf(title), Description: iati.TextOf(cmp.Or(description, title)),
		Participating: []iati.Org{s.office(accountable)}, Status: iati.Coded{Code: status},
	}
	for _, country := range m.Countries {
		a.Countries = append(a.Countries, iati.Coded{Code: country})
	}
	for _, t := range m.Topics {
		a.Sectors = append(a.Sectors, iati.Classified{Vocabulary: "99", Code: string(t), Narrative: iati.Narrative(t.Label())})
	}
	for _, p := range m.Pillars {
		a.Tags = append(a.Tags, iati.Classified{Vocabulary: "99", Code: string(p), Narrative: iati.Narrative(p)})
	}
	return a
}

// dated lists the days that are known: planned start, start, planned end, end.
func dated(days ...domain.Date) (out []iati.Dated) {
	for i, d := range days {
		if d != "" {
			out = append(out, iati.Dated{On: string(d), Type: fmt.Sprint(i + 1)})
		}
	}
	return out
}

func (s *Server) partnershipActivity(v *repository.PublishedPartnership) *iati.Activity {
	status := "2"
	switch {
	case v.Stage.Is(domain.PartnershipApproved, domain.PartnershipSigned):
		status = "1"
	case v.EndedOn != "":
		status = "4"
	}
	a := s.activity(string(v.ID), v.Title, v.Purpose, status, v.Marking)
	for _, m := range v.Members {
		a.Participating = append(a.Participating, implementer(v.By[m.Organization]))
	}
	a.Dates = dated(v.StartsOn, v.ActivatedOn, v.EndsOn, v.EndedOn)
	return a
}

func (s *Server) commitmentActivity(v *repository.PublishedCommitment) *iati.Activity {
	status := "4"
	switch {
	case v.Stage.Is(domain.CommitmentAccepted):
		status = "1"
	case v.Stage.Is(domain.CommitmentActive, domain.CommitmentClaimed):
		status = "2"
	case v.Stage.Is(domain.CommitmentWithdrawn):
		status = "5"
	}
	a := s.activity(string(v.ID), v.Title, v.Text, status, v.Marking)
	a.Participating = append(a.Participating, implementer(v.By))
	a.Dates = dated(v.AcceptedOn, v.ActivatedOn, v.DueOn, v.EndedOn)
	if v.Amount.Minor > 0 && v.DueOn != "" {
		a.Budget = &iati.Budget{
			Type: "1", Status: "1", PeriodStart: iati.Dated{On: string(v.AcceptedOn)}, PeriodEnd: iati.Dated{On: string(v.DueOn)},
			Value: iati.Value{Currency: v.Amount.Currency, On: string(v.AcceptedOn), Amount: v.Amount.Amount()},
		}
	}
	if v.InPublished {
		a.Related = []iati.Related{{Ref: s.activityID(string(v.Partnership)), Type: "1"}}
	}
	if len(v.Plan.Indicators) > 0 {
		result := iati.Result{Type: "1", Title: iati.TextOf(v.Title)}
		for _, i := range v.Plan.Indicators {
			result.Indicators = append(result.Indicators, activityIndicator(i))
		}
		a.Results = []iati.Result{result}
	}
	return a
}

// activityIndicator is an indicator with its targets and, in their periods, its figures.
func activityIndicator(i domain.Indicator) iati.Indicator {
	out := iati.Indicator{Measure: measure(i.Measure), Ascending: i.Ascending, Title: iati.TextOf(i.Title + " (" + i.Unit + ")")}
	if i.Definition != "" {
		text := iati.TextOf(i.Definition)
		out.Description = &text
	}
	if i.Baseline != (domain.Baseline{}) {
		out.Baseline = &iati.Baseline{Year: i.Baseline.Year, Value: string(i.Baseline.Value)}
	}
	at := map[domain.Period]int{}
	period := func(p domain.Period) *iati.Period {
		n, ok := at[p]
		if !ok {
			n, at[p] = len(out.Periods), len(out.Periods)
			out.Periods = append(out.Periods, iati.Period{Start: iati.Dated{On: string(p.From)}, End: iati.Dated{On: string(p.Until)}})
		}
		return &out.Periods[n]
	}
	for _, t := range i.Targets {
		period(t.Period).Target = &iati.Figure{Value: string(t.Value)}
	}
	for _, a := range i.Actuals {
		actual := &iati.Figure{Value: string(a.Reported)}
		if a.Verified != "" {
			comment := iati.TextOf(fmt.Sprintf("Reported by the organization; verified: %s, with %s confidence.", a.Verified, a.Confidence))
			actual.Comment = &comment
		}
		period(a.Period).Actual = actual
	}
	return out
}
