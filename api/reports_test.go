package api_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

func init() {
	walk["getReport"] = func(*world, *client) call { return call{path: "/v1/reports/objectives/4.1?fiscal_year=2026"} }
	walk["listReportRows"] = func(*world, *client) call {
		return call{path: "/v1/reports/objectives/4.3/indicators/organizations_engaged/rows?fiscal_year=2026"}
	}
}

// worked is an office in which everything that reports count happens once in a
// moment, and others stand by.
type worked struct {
	*world
	asks, decides   domain.Actor
	partner         domain.Actor
	un, ngo, led    domain.OrganizationID
	council         *domain.AdvisoryCouncil
	advisors        []domain.AdvisorID
	at              time.Time
	today           domain.Date
	recommendations int
	members         []domain.Organization
}

// both marks records with both objectives.
func both(country string, pillars ...domain.Pillar) domain.Marking {
	return domain.Marking{Objectives: domain.List[string]{"4.1", "4.3"}, Countries: domain.List[string]{country}, Pillars: pillars}
}

func newWorked(w *world) *worked {
	d := domain.StatutoryCouncil("Council")
	d.AssessmentDays = 30
	council, err := domain.NewCouncil(d)
	must(w, err)
	must(w, w.system().Councils.Create(w.Context(), domain.CreateCouncil, council))
	org := w.approvedOrganization()
	o := &worked{
		world: w, asks: w.as(domain.Staff).actor, decides: w.as(domain.Liaison).actor, partner: w.member(domain.Partner, org.ID).actor,
		un: w.organizationOf(domain.OrganizationInternational), ngo: w.organizationOf(domain.OrganizationNGO), led: w.organizationOf(domain.OrganizationSurvivorLed),
		council: council, members: []domain.Organization{*org},
	}
	for range 11 {
		o.advisors = append(o.advisors, w.advisor())
	}
	return o
}

// work lets everything happen at a moment; what takes time took n days, or ten
// times as many.
func (o *worked) work(at time.Time, n int, advisors ...domain.AdvisorID) {
	o.Helper()
	o.clock.set(at)
	o.at, o.today = at, domain.DateOf(at)
	o.partnerships()
	o.commitments(n)
	o.engagements(advisors)
	o.consultations(n)
	o.recommend(n)
}

// set moves time to a moment.
func (c *clock) set(now time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = now }

func (o *worked) done(steps ...error) {
	o.Helper()
	for _, err := range steps {
		must(o, err)
	}
}

// partnerships are one that is approved today, and three approved long ago of
// which today one is renewed, one ends and one is to be renewed.
func (o *worked) partnerships() {
	const long = domain.Date("2024-01-10")
	for i, last := range []func(*domain.Partnership) error{
		func(*domain.Partnership) error { return nil },
		func(p *domain.Partnership) error {
			o.done(p.RequestReapproval(o.asks, o.rules(p), o.at))
			o.clearAll(p, o.at)
			return p.Renew(o.decides, o.today.AddDays(300), o.dossier(p), o.today)
		},
		func(p *domain.Partnership) error { return p.Terminate("The data stayed closed.", o.today) },
		func(*domain.Partnership) error { return nil },
	} {
		then, due, ends := long, o.today, domain.Date("2029-12-31")
		kind := domain.PartnershipLongTerm
		switch i { // an event is approved for a year
		case 0:
			then, due = o.today, o.today.AddDays(300)
		case 1, 2:
			kind, due, ends = domain.PartnershipCohosted, "2025-01-10", o.today
		}
		p, err := domain.NewPartnership(domain.PartnershipDraft{
			Title: "Exchange", Kind: kind, Purpose: "Find forced labor.", StartsOn: long, EndsOn: ends,
			ReapprovalDueOn: due, MonitoringPlan: "A review.", Memorandum: domain.MemorandumNotRequired, MemorandumReason: "Nothing is shared.",
			Members: []domain.Member{{Organization: o.partner.Organization}}, Marking: both("MY", domain.PillarPrevention),
		})
		must(o, err)
		o.fillIn(p, o.asks, then)
		o.done(p.Advance(domain.DiligencePartnership), p.Advance(domain.DraftPartnershipMemo),
			p.Attest(o.asks, "Nothing is acquired.", then.Time()), p.RequestClearances(o.asks, o.rules(p), then.Time()))
		o.clearAll(p, then.Time())
		o.done(p.Approve(o.decides, o.dossier(p), then), p.Sign(then, "", o.dossier(p), then), p.Activate(o.dossier(p), then))
		if i == 1 || i == 3 {
			o.done(p.FallDue(o.today))
		}
		o.done(last(p), o.system().Partnerships.Create(o.Context(), domain.CreatePartnership, p))
	}
}

func (o *worked) commitment(due, accepted domain.Date, amount domain.Money) *domain.Commitment {
	o.Helper()
	c, err := domain.NewCommitment(o.partner.Organization, domain.CommitmentDraft{
		Terms: domain.Terms{Title: "Audit", Text: "We audit every site.", DueOn: due, Amount: amount}, Marking: both("TH", domain.PillarPartnership),
	}, nil)
	must(o, err)
	o.done(c.Submit(o.partner, o.members[0], min(due, accepted)), c.Accept(o.decides, o.members[0], accepted), c.Activate(accepted))
	return c
}

// contribution is given to a commitment today: five times the amount pledged, four
// times reported and three times verified.
func (o *worked) contribution(c *domain.Commitment, minor int64) {
	o.Helper()
	entry := func(n int64) domain.EntryDraft {
		return domain.EntryDraft{Amount: domain.Money{Minor: n * minor, Currency: "USD"}, On: o.today, Evidence: "A transfer."}
	}
	place := domain.Place{Commitment: c}
	k, pledged, err := domain.Pledge(domain.ContributionID(o.system().NewID()), o.partner, domain.ContributionDraft{
		Organization: o.partner.Organization, Kind: domain.ContributesCash, Description: "A transfer", First: entry(5),
	}, place, &o.members[0], o.today)
	must(o, err)
	delivered, err := k.Add(o.partner, domain.MeasureDelivered, entry(4), place, &o.members[0], o.today)
	must(o, err)
	verified, err := k.Verify(o.decides, entry(3), domain.Ledger{*pledged, *delivered}, o.today)
	must(o, err)
	must(o, o.system().Contributions.Create(o.Context(), domain.PledgeNew, k))
	for _, e := range []*domain.ContributionEntry{pledged, delivered, verified} {
		must(o, o.system().LedgerEntries.Create(o.Context(), domain.PledgeNew, e))
	}
}

// commitments are one accepted, claimed and verified today; one accepted and
// lapsed today; one accepted long ago, reported on and claimed today.
func (o *worked) commitments(n int) {
	commitments := o.system().Commitments
	kept := o.commitment("2029-12-31", o.today, domain.Money{Minor: int64(n) * 10010, Currency: "USD"})
	kept.Begin(o.system().NewID())
	o.contribution(kept, int64(n)*1000)
	o.done(kept.Claim(o.partner, o.today))
	_, err := kept.Verify(o.decides, domain.CommitmentComplete, domain.VerificationDraft{Method: domain.VerifiedBySiteVisit, Evidence: "Seen.", Confidence: domain.ConfidenceHigh}, o.today)
	late := o.commitment(o.today.AddDays(-1), o.today, domain.Money{Minor: 7000, Currency: "JPY"})
	o.done(err, late.Lapse("Nothing came.", o.today))
	long := o.commitment("2029-12-31", "2024-06-01", domain.Money{})
	for _, c := range []*domain.Commitment{kept, late, long} {
		o.done(commitments.Create(o.Context(), domain.CreateCommitment, c))
	}
	for i := range 3 {
		m, err := domain.NewMilestone(written(long), domain.MilestoneDraft{Title: "Sites", Weight: 10, DueOn: o.today.AddDays(-n)})
		o.done(err, m.Report(o.partner, long, domain.Delivery{Evidence: "A list."}, o.today))
		switch i {
		case 1:
			o.done(m.Verify(o.decides, o.today))
		case 2:
			o.done(m.Reject(o.decides, "The list is empty."))
		}
		o.done(o.system().Milestones.Create(o.Context(), domain.CreateMilestone, m))
	}
	for _, age := range []int{30, 31} {
		until := o.today.AddDays(-age)
		r, err := domain.NewProgressReport(o.partner, long, domain.ProgressReportDraft{Period: domain.Period{From: until.AddDays(-5), Until: until}, Narrative: "We audited."})
		o.done(err, r.Submit(o.partner, long, o.today))
		// The system may not write reports; staff may.
		o.done(o.store.As(o.asks).ProgressReports.Create(o.Context(), domain.CreateProgressReport, r))
	}
	_, err = commitments.Update(o.Context(), domain.EditCommitment, long.ID, nil, func(_ *repository.Session, c *domain.Commitment) error { return c.Claim(o.partner, o.today) })
	must(o, err)
}

func (o *worked) initiative(stages int) *domain.Initiative {
	o.Helper()
	i, err := domain.NewInitiative(domain.InitiativeDraft{Marking: both("CH"), Title: "Rule"}, o.at)
	must(o, err)
	for range stages {
		o.done(i.Advance(domain.Meter{}, "", o.at))
	}
	o.done(o.system().Initiatives.Create(o.Context(), domain.CreateInitiative, i))
	return i
}

func (o *worked) held(kind domain.EngagementKind, m domain.Marking, on domain.InitiativeID, who ...domain.ParticipantDraft) *domain.Engagement {
	o.Helper()
	e, err := domain.NewHeldEngagement(domain.EngagementDraft{Marking: m, Initiative: on, Kind: kind, Title: "Held", StartsAt: o.at, EndsAt: o.at, TimeZone: "UTC"}, o.at)
	o.done(err, o.system().Engagements.Create(o.Context(), domain.CreateEngagement, e))
	for _, d := range who {
		_, err := o.system().Participants.Add(o.Context(), e.ID, d)
		must(o, err)
	}
	return e
}

// engagements are three that are held now and one that is not. On one
// initiative survivors are heard from the outset, and it goes on into clearance
// without business; on another everyone is heard when it is being drafted.
func (o *worked) engagements(advisors []domain.AdvisorID) {
	only43 := domain.Marking{Objectives: domain.List[string]{"4.3"}}
	early, late := o.initiative(0), o.initiative(2)
	first, declines := o.approvedOrganization().ID, o.approvedOrganization().ID
	org := func(id domain.OrganizationID) domain.ParticipantDraft {
		return domain.ParticipantDraft{Organization: id}
	}

	o.held(domain.EngagementMultilateralSession, both("CH"), "", org(o.un), org(o.ngo))
	o.held(domain.EngagementRoundtable, only43, late.ID, org(o.ngo), org(first))
	people := []domain.ParticipantDraft{org(o.led)}
	for _, a := range advisors {
		people = append(people, domain.ParticipantDraft{Advisor: a, ParticipantTerms: domain.ParticipantTerms{Paid: true, SessionMinutes: 60, PreparationMinutes: 30}})
	}
	o.held(domain.EngagementMeeting, only43, early.ID, people...)
	o.unheard(org(declines))
	_, err := o.system().Initiatives.Update(o.Context(), domain.AdvanceInitiative, early.ID, nil, func(tx *repository.Session, i *domain.Initiative) error {
		_, meter, err := tx.Initiatives.Measured(o.Context(), i.ID)
		for range 3 {
			err = errors.Join(err, i.Advance(meter, "No company would come.", o.at))
		}
		return err
	})
	must(o, err)
}

// unheard are a briefing that is only planned, and one that is held after who
// was invited declined.
func (o *worked) unheard(who domain.ParticipantDraft) {
	for _, isHeld := range []bool{false, true} {
		e, err := domain.NewEngagement(domain.EngagementDraft{
			Marking: both("CH"), Kind: domain.EngagementBriefing, Title: "Briefing", StartsAt: o.at, EndsAt: o.at, TimeZone: "UTC",
		}, o.at)
		o.done(err, o.system().Engagements.Create(o.Context(), domain.CreateEngagement, e))
		p, err := o.system().Participants.Add(o.Context(), e.ID, who)
		must(o, err)
		if !isHeld {
			continue
		}
		step := func(act domain.Action, do func(*domain.Engagement) error) {
			_, err := o.system().Engagements.Update(o.Context(), act, e.ID, nil, func(_ *repository.Session, e *domain.Engagement) error { return do(e) })
			must(o, err)
		}
		step(domain.InviteEngagement, func(e *domain.Engagement) error { return e.Invite(o.at) })
		_, err = o.system().Participants.Update(o.Context(), domain.DeclineParticipation, p.ID, nil, func(_ *repository.Session, p *domain.Participant) error {
			return p.Answer(o.decides, domain.DeclineParticipation, nil, o.today)
		})
		must(o, err)
		step(domain.ConfirmEngagement, func(e *domain.Engagement) error { return e.Confirm(o.at) })
		step(domain.HoldEngagement, func(e *domain.Engagement) error { return e.Hold(o.at) })
	}
}

// consultations are one that closes now, and one that closed ten times n days
// ago and is answered now.
func (o *worked) consultations(n int) {
	closed := o.at.AddDate(0, 0, -10*n)
	for _, at := range []time.Time{o.at, closed} {
		c, err := domain.NewConsultation(domain.ConsultationDraft{
			Marking: both("CH"), Audience: domain.Audience{ForPublic: true}, Title: "Fees", Purpose: "To know.", UseOfAnswers: "A rule.",
			Questions: []domain.Question{{Key: "fees", Kind: domain.TextQuestion, Prompt: "Who pays?"}},
			OpensAt:   at.AddDate(0, 0, -30), ClosesAt: at, TimeZone: "UTC",
		})
		before := at.AddDate(0, 0, -1)
		o.done(err, c.RequestClearance(o.asks, before), c.Clear(o.decides, before), c.Open(before), c.Close(at))
		if at.Equal(closed) {
			o.done(c.BeginAnalysis(), c.BeginResponse())
		}
		o.done(o.system().Consultations.Create(o.Context(), domain.CreateConsultation, c))
		if at.Equal(closed) {
			o.answer(c)
		}
	}
}

func (o *worked) answer(c *domain.Consultation) {
	var themes []domain.Theme
	var responses []domain.Response
	for _, outcome := range []domain.Outcome{domain.OutcomeAdopted, domain.OutcomeDeclined} {
		t, err := domain.NewTheme(c, domain.ThemeDraft{Title: "Fees " + string(outcome)})
		o.done(err, o.system().Themes.Create(o.Context(), domain.CreateTheme, t))
		r, err := domain.NewResponse(c, t, domain.ResponseDraft{Outcome: outcome, Reason: "As many asked."})
		o.done(err, o.system().Responses.Create(o.Context(), domain.CreateResponse, r))
		themes, responses = append(themes, *t), append(responses, *r)
	}
	results := domain.NewResults(c, o.today, false, []domain.ResultColumn{
		{Categories: []domain.Category{domain.CategoryPrivateSector}, Count: 12},
		{Categories: []domain.Category{domain.CategoryCivilSociety, domain.CategoryPublic}, Count: 15},
	}, nil)
	o.done(o.system().Results.Create(o.Context(), domain.BeginAnalysis, results))
	_, err := o.system().Consultations.Update(o.Context(), domain.PublishConsultation, c.ID, nil, func(_ *repository.Session, c *domain.Consultation) error {
		return c.Publish(themes, responses, o.at)
	})
	must(o, err)
}

// recommend issues one today to two agencies; one n days ago that is answered,
// implemented and found well done today; and two long ago that are implemented
// today, one of them judged badly and one not judged.
func (o *worked) recommend(n int) {
	const long = domain.Date("2024-01-10")
	o.put(o.today, "DOJ", "DOL")
	soon := o.put(o.today.AddDays(-n), "DOJ")[0]
	badly, silently := o.put(long, "DOL")[0], o.put(long, "DOL")[0]
	for _, a := range []*domain.AgencyResponse{soon, badly, silently} {
		answered := long
		if a == soon {
			answered = o.today
		}
		o.done(a.Move(domain.ReviewAgencyResponse, "", answered, o.today), a.Move(domain.AcceptAgencyResponse, "Yes.", answered, o.today),
			a.Move(domain.BeginAgencyResponse, "Begun.", o.today, o.today), a.Move(domain.ImplementAgencyResponse, "Done.", o.today, o.today))
	}
	o.done(soon.Assess(domain.VerdictSatisfied, "Well done.", o.today), badly.Assess(domain.VerdictNotSatisfied, "It is not.", o.today))
	for _, a := range []*domain.AgencyResponse{soon, badly, silently} {
		o.done(o.system().AgencyResponses.Create(o.Context(), domain.IssueRecommendation, a))
	}
}

// put issues a recommendation as of a day. What it is put to agencies as is
// stored only where it goes to several.
func (o *worked) put(on domain.Date, agencies ...string) []*domain.AgencyResponse {
	o.Helper()
	o.recommendations++
	r, err := domain.NewRecommendation(o.council.ID, domain.RecommendationDraft{ReportYear: 2024, Number: o.recommendations, Text: "Pay advisors.", Agencies: agencies})
	must(o, err)
	r.Begin(o.system().NewID())
	out, err := r.Issue(o.council, nil, on, o.today)
	o.done(err, o.system().Recommendations.Create(o.Context(), domain.CreateRecommendation, r))
	for _, a := range out {
		if len(agencies) > 1 {
			o.done(o.system().AgencyResponses.Create(o.Context(), domain.IssueRecommendation, a))
		}
	}
	return out
}

// report is every figure of an objective's report as one line, by its code.
func (c *client) report(objective string, year int) map[string]string {
	c.w.Helper()
	var r openapi.Report
	c.get(fmt.Sprintf("/v1/reports/objectives/%s?fiscal_year=%d", objective, year)).want(200).into(&r)
	out := map[string]string{}
	for _, f := range r.Indicators {
		out[f.Code] = line(f)
	}
	return out
}

func line(f openapi.ReportFigure) string {
	if f.Suppressed {
		return "suppressed"
	}
	if f.SelfReported != nil {
		return fmt.Sprintf("%d/%d", *f.SelfReported, *f.Verified)
	}
	parts, ok := f.Value.(map[string]any)
	if !ok {
		return fmt.Sprint(f.Value)
	}
	var words []string
	for _, cell := range parts["by"].([]any) {
		words = append(words, fmt.Sprintf("%v=%v", cell.(map[string]any)["key"], cell.(map[string]any)["value"]))
	}
	return strings.Join(words, " ")
}

var (
	lastOf2025  = time.Date(2025, time.September, 30, 23, 59, 59, 0, time.UTC)
	firstOf2026 = time.Date(2025, time.October, 1, 0, 0, 0, 0, time.UTC)
	in2026      = time.Date(2026, time.February, 1, 12, 0, 0, 0, time.UTC)
)

func TestWhatHappensInTheLastSecondOfAFiscalYearCountsInItAndTheNextSecondInTheNext(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		o := newWorked(w)
		o.work(lastOf2025, 1, o.advisors[:10]...)
		o.work(firstOf2026, 2, o.advisors...)
		o.work(in2026, 5)
		w.clock.set(now)
		un := o.nameOf(o.un) + "=%d"
		for objective, figures := range map[string]map[string][2]string{
			"4.1": {
				"partnerships_by_state":                    {"active=1 reapproval_due=3 renewed=3 terminated=3", "active=3 reapproval_due=3 renewed=3 terminated=2"},
				"partnerships_by_kind":                     {"long_term=4 short_term_cohosted=6", "long_term=6 short_term_cohosted=5"},
				"partnerships_new":                         {"1", "2"},
				"partnerships_renewed":                     {"1", "2"},
				"partnerships_closed":                      {"1", "2"},
				"reapprovals_overdue":                      {"1", "3"},
				"commitments_accepted":                     {"2", "4"},
				"commitments_by_smart_score":               {"25_to_49=2", "25_to_49=4"},
				"commitments_completed":                    {"2/1", "4/2"},
				"commitments_ended":                        {"lapsed=1 verified_complete=1", "lapsed=2 verified_complete=2"},
				"milestones_met":                           {"2/1", "4/2"},
				"milestone_slip":                           {"1", "3.5"},
				"progress_reports_on_time":                 {"late=1 on_time=1", "late=2 on_time=2"},
				"commitments_promised":                     {"JPY=7000 USD=100.10", "JPY=14000 USD=700.70"},
				"resources_pledged":                        {"USD=50.00", "USD=350.00"},
				"resources_delivered":                      {"USD=40.00", "USD=280.00"},
				"resources_verified":                       {"USD=30.00", "USD=210.00"},
				"multilateral_engagements":                 {"1", "2"},
				"multilateral_engagements_by_organization": {fmt.Sprintf(un, 1), fmt.Sprintf(un, 2)},
				"initiatives_by_stage":                     {"clearance=1 drafting=1", "clearance=3 drafting=3"},
				"countries_reached":                        {"CH=2 MY=10 TH=5", "CH=4 MY=11 TH=7"},
				"pillars_reached":                          {"partnership=5 prevention=10", "partnership=7 prevention=11"},
			},
			"4.3": {
				"engagements_held":                   {"briefing=1 meeting=1 multilateral_session=1 roundtable=1", "briefing=2 meeting=2 multilateral_session=2 roundtable=2"},
				"organizations_engaged":              {"4", "5"},
				"organizations_engaged_by_type":      {"business=1 international_organization=1 ngo=1 survivor_led=1", "business=2 international_organization=1 ngo=1 survivor_led=1"},
				"organizations_engaged_repeatedly":   {"1", "3"},
				"organizations_engaged_first":        {"4", "2"},
				"organizations_engaged_survivor_led": {"1", "1"},
				"initiatives_heard_from_the_outset":  {"civil_society=1 survivors=1", "civil_society=2 survivors=2"},
				"initiatives_cleared_unheard":        {"private_sector=1", "private_sector=2"},
				"consultations_held":                 {"3", "3"},
				"consultation_submissions":           {"civil_society+public=15 private_sector=12", "civil_society+public=30 private_sector=24"},
				"responses_published":                {"1", "2"},
				"days_to_publication":                {"10", "35"},
				"themes_answered":                    {"adopted=1 declined=1", "adopted=2 declined=2"},
				"recommendations_by_agency":          {"DOJ=3 DOL=1", "DOJ=3 DOL=2"},
				"recommendations_by_state":           {"implemented=8 received=2", "implemented=9 received=6"},
				"days_to_first_answer":               {"1", "3.5"},
				"recommendations_implemented":        {"3/2", "6/3"},
				"recommendations_assessed":           {"not_satisfied=1 satisfied=1", "not_satisfied=2 satisfied=2"},
				"advisor_hours":                      {"suppressed", "16.5"},
				"advisors_compensated":               {"suppressed", "100"},
			},
		} {
			for i, year := range []int{2025, 2026} {
				got := w.as(domain.Staff).report(objective, year)
				for code, want := range figures {
					if got[code] != want[i] {
						t.Errorf("%s of %d: %s, want %s", code, year, got[code], want[i])
					}
				}
				for code := range got {
					if _, ok := figures[code]; !ok {
						t.Errorf("%s has no known figure", code)
					}
				}
			}
		}
	})
}

func TestEveryFigureIsTheNumberOfRowsThatItsLinkLists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := newWorked(w)
		o.work(in2026, 2, o.advisors...)
		o.work(in2026.AddDate(0, 0, 9), 3)
		for _, objective := range []string{"4.1", "4.3"} {
			var r openapi.Report
			w.as(domain.Staff).get("/v1/reports/objectives/" + objective).want(200).into(&r)
			for _, f := range r.Indicators {
				if f.Count == nil {
					w.as(domain.Staff).get("/v1/reports/objectives/" + objective + "/indicators/" + f.Code + "/rows").want(404)
					continue
				}
				if *f.Count == 0 {
					t.Errorf("%s shows nothing", f.Code)
				}
				w.rowsAgree(f)
			}
		}
	})
}

// rowsAgree compares a figure with the rows that its link lists, page by page,
// in all and under each key.
func (w *world) rowsAgree(f openapi.ReportFigure) {
	w.Helper()
	staff, auditor := w.as(domain.Staff), w.as(domain.Auditor)
	rows := staff.all(f.Rows + "&limit=2")
	if n := int64(len(rows)); n != *f.Count {
		w.Errorf("%s counts %d, lists %d", f.Code, *f.Count, n)
	}
	if total := staff.get(f.Rows + "&count=exact").want(200).at("total"); total != float64(*f.Count) {
		w.Errorf("%s counts %d, %v in total", f.Code, *f.Count, total)
	}
	keys := map[string]int{}
	for _, r := range rows {
		keys[fmt.Sprint(r["key"])]++
		if r["title"] == nil || r["title"] == "" {
			w.Errorf("%s lists a row without a title to staff: %v", f.Code, r)
		}
		delete(r, "title")
	}
	for key, n := range keys {
		if key == "<nil>" {
			continue
		}
		if got := staff.all(f.Rows + "&key=" + url.QueryEscape(key)); len(got) != n {
			w.Errorf("%s lists %d rows under %s, %d among all", f.Code, len(got), key, n)
		}
	}
	if bare := auditor.all(f.Rows); fmt.Sprint(bare) != fmt.Sprint(rows) {
		w.Errorf("%s lists to an auditor\n%v\nwant\n%v", f.Code, bare, rows)
	}
	cells, _ := f.Value.(map[string]any)
	if cells == nil || f.Kind != "breakdown" {
		return
	}
	for _, cell := range cells["by"].([]any) {
		c := cell.(map[string]any)
		if n := float64(keys[fmt.Sprint(c["key"])]); n != c["value"] {
			w.Errorf("%s counts %v under %v, lists %v", f.Code, c["value"], c["key"], n)
		}
	}
}

// all is every record of a list, read page by page.
func (c *client) all(path string) []map[string]any {
	c.w.Helper()
	var out []map[string]any
	for next := ""; ; {
		r := c.get(path + next).want(200)
		out = append(out, r.items()...)
		cursor := r.str("next_cursor")
		if cursor == "" {
			return out
		}
		next = "&cursor=" + cursor
	}
}

func TestReportsAreForStaffAndAuditors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for _, path := range []string{"4.2", "1.1", "4", "9.9"} {
			staff.get("/v1/reports/objectives/" + path).want(404)
			staff.get("/v1/reports/objectives/" + path + "/indicators/partnerships_new/rows").want(404)
		}
		staff.get("/v1/reports/objectives/4.1/indicators/no_such/rows").want(404)
		staff.get("/v1/reports/objectives/4.1/indicators/organizations_engaged/rows").want(404)
		staff.get("/v1/reports/objectives/4.1?fiscal_year=1989").want(400).fault("fiscal_year", "invalid")
		staff.get("/v1/reports/objectives/4.1?fiscal_year=this").want(400).fault("fiscal_year", "invalid")
		staff.get("/v1/reports/objectives/4.1/indicators/partnerships_new/rows?cursor=x").want(400).fault("cursor", "invalid")

		r := w.as(domain.Auditor).get("/v1/reports/objectives/4.3").want(200)
		if r.at("fiscal_year") != 2026.0 || r.str("begins_on") != "2025-10-01" || r.str("ends_on") != "2026-09-30" || r.str("as_of") != "2026-03-02" {
			t.Errorf("the current year is %s", r.Body[:200])
		}
		for _, c := range []*client{w.member(domain.PartnerAdmin, w.approvedOrganization().ID), w.speaker(w.advisor()), w.as(domain.Admin)} {
			c.get("/v1/reports/objectives/4.3").want(403)
			c.get("/v1/reports/objectives/4.3/indicators/organizations_engaged/rows").want(403)
		}
	})
}

// A report counts what names its objective, and nothing else.
func TestAReportCountsWhatIsMarkedWithItsObjective(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := newWorked(w)
		o.at = in2026
		m := both("CH")
		m.Objectives = domain.List[string]{"4.3"}
		o.held(domain.EngagementMultilateralSession, m, "", domain.ParticipantDraft{Organization: o.un})
		if got := w.as(domain.Staff).report("4.1", 2026); got["multilateral_engagements"] != "0" || got["countries_reached"] != "" {
			t.Errorf("4.1 counts what is marked 4.3: %v", got)
		}
		if got := w.as(domain.Staff).report("4.3", 2026)["engagements_held"]; got != "multilateral_session=1" {
			t.Errorf("4.3 does not count what is marked 4.3: %s", got)
		}
	})
}

// The figures of the two objectives and all their rows don't change by an
// advisor whom the others don't know to take part; and so an auditor, who may
// not know of any, can't tell.
func TestAHiddenAdvisorChangesNoReport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := newWorked(w)
		o.work(in2026, 2, o.advisors[:3]...)
		e := o.held(domain.EngagementMeeting, both("CH"), "", domain.ParticipantDraft{Organization: o.ngo})
		told := func() string {
			var all []string
			for _, objective := range []string{"4.1", "4.3"} {
				all = append(all, withoutRequestID(w.as(domain.Auditor).get("/v1/reports/objectives/"+objective)))
				for _, i := range domain.ReportIndicators(objective) {
					all = append(all, withoutRequestID(w.as(domain.Auditor).get("/v1/reports/objectives/"+objective+"/indicators/"+i.Code+"/rows?limit=100&count=exact")))
				}
			}
			return strings.Join(all, "\n")
		}
		before := told()
		_, err := w.system().Participants.Add(w.Context(), e.ID, domain.ParticipantDraft{Advisor: w.advisor(), ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceHidden, SessionMinutes: 90}})
		must(w, err)
		if after := told(); after != before {
			t.Error("a hidden advisor changes what an auditor is told")
		}
	})
}

func (w *world) nameOf(id domain.OrganizationID) string {
	w.Helper()
	o, err := w.system().Organizations.Get(w.Context(), id)
	must(w, err)
	return o.LegalName
}
