package main

import (
	"fmt"
	"slices"
	"strings"

	"accord/domain"
	"accord/repository"
)

// planPartnerships takes each partnership to its stage, a step every two weeks
// until it is active.
func (s *story) planPartnerships() {
	for _, d := range demoPartnerships {
		s.plan(d.ago, func() error { return s.newPartnership(d) })
		ago := d.ago
		for _, step := range s.partnershipPath(d) {
			ago -= 14
			if step.ago != 0 {
				ago = step.ago
			}
			s.plan(ago, func() error { return s.stepPartnership(d, step) })
		}
		if d.stage == domain.PartnershipActive {
			s.plan(max(ago-1, 0), func() error { return s.contribute(d) })
		}
		if d.published {
			s.plan(ago-1, func() error { return s.publishPartnership(d) })
		}
	}
}

// partnershipStep is one step of a partnership: by whom, and how. It is taken on
// a day of its own where that is given. If it asks offices, they clear.
type partnershipStep struct {
	act  domain.Action
	by   *domain.Actor
	do   func(*domain.Partnership, domain.Dossier) error
	ago  int
	asks bool
}

// partnershipPath are the steps that a partnership takes to its stage.
func (s *story) partnershipPath(d demoPartnership) []partnershipStep {
	advance := func(act domain.Action) partnershipStep {
		return partnershipStep{act: act, by: &s.staff, do: func(p *domain.Partnership, _ domain.Dossier) error { return p.Advance(act) }}
	}
	path := []partnershipStep{
		advance(domain.DiligencePartnership), advance(domain.DraftPartnershipMemo),
		{domain.AttestPartnership, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error {
			return p.Attest(s.staff, "Nothing is bought: each side bears its own cost.", s.now())
		}, 0, false},
		{domain.RequestClearances, &s.staff, func(p *domain.Partnership, file domain.Dossier) error {
			if err := s.writeMemorandum(p, file.Newest); err != nil {
				return err
			}
			return p.RequestClearances(s.staff, file.Newest, s.now())
		}, 0, true},
		{domain.ApprovePartnership, &s.reviewer, func(p *domain.Partnership, file domain.Dossier) error {
			return p.Approve(s.reviewer, file, s.today())
		}, 0, false},
		{domain.SignPartnership, &s.staff, func(p *domain.Partnership, file domain.Dossier) error {
			return p.Sign(s.today(), "Registry, folder "+d.key, file, s.today())
		}, 0, false},
		{domain.ActivatePartnership, &s.staff, func(p *domain.Partnership, file domain.Dossier) error {
			return p.Activate(file, s.today())
		}, 0, false},
	}
	if d.sentBack {
		path = slices.Insert(path, 4, partnershipStep{domain.SendBackPartnership, &s.reviewer, func(p *domain.Partnership, _ domain.Dossier) error {
			return p.SendBack("Say how it is monitored.")
		}, 0, false}, path[3])
	}
	before := []domain.PartnershipStage{
		domain.PartnershipConcept, domain.PartnershipDueDiligence, domain.PartnershipMemoDrafted, domain.PartnershipMemoDrafted,
		domain.PartnershipClearances, domain.PartnershipApproved, domain.PartnershipSigned,
	}
	if n := slices.Index(before, d.stage); n >= 0 {
		return path[:n]
	}
	return append(path, s.endOfPartnership(d)...)
}

// endOfPartnership is what comes after its active time.
func (s *story) endOfPartnership(d demoPartnership) []partnershipStep {
	due := partnershipStep{domain.ReapprovalFallsDue, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error { return p.FallDue(s.today()) }, d.due, false}
	ask := partnershipStep{domain.RequestReapproval, &s.staff, func(p *domain.Partnership, file domain.Dossier) error {
		return p.RequestReapproval(s.staff, file.Newest, s.now())
	}, d.due, true}
	renew := partnershipStep{domain.RenewPartnership, &s.reviewer, func(p *domain.Partnership, file domain.Dossier) error {
		return p.Renew(s.reviewer, s.day(-500), file, s.today())
	}, 0, false}
	expire := partnershipStep{domain.ExpirePartnership, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error { return p.Expire(s.today()) }, 0, false}
	terminate := partnershipStep{domain.TerminatePartnership, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error {
		return p.Terminate("The data that it rested on were withdrawn.", s.today())
	}, d.due, false}
	closeOut := partnershipStep{domain.CloseOutPartnership, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error { return p.CloseOut(s.today()) }, 0, false}
	evaluate := partnershipStep{domain.EvaluatePartnership, &s.staff, func(p *domain.Partnership, _ domain.Dossier) error {
		return p.Evaluate("Two of three aims were met; the third needed another partner.", s.today())
	}, 0, false}
	return map[domain.PartnershipStage][]partnershipStep{
		domain.PartnershipReapprovalDue: {due},
		domain.PartnershipRenewed:       {due, ask, renew},
		domain.PartnershipExpired:       {due, expire},
		domain.PartnershipTerminated:    {terminate},
		domain.PartnershipClosedOut:     {due, expire, closeOut},
		domain.PartnershipEvaluated:     {terminate, closeOut, evaluate},
	}[d.stage]
}

func (s *story) newPartnership(d demoPartnership) error {
	draft := domain.PartnershipDraft{
		Title: d.title, Kind: d.kind, Purpose: d.purpose, StartsOn: s.day(d.ago - 60), EndsOn: s.day(d.due), ReapprovalDueOn: s.day(d.due),
		MonitoringPlan: "A joint review each quarter, with the figures of the commitments inside.", Marking: d.marking,
		Memorandum: domain.MemorandumRequired,
	}
	if d.kind == domain.PartnershipCohosted {
		draft.Memorandum, draft.MemorandumReason = domain.MemorandumNotRequired, "It is one event, and each side pays for its own part."
	}
	for _, id := range s.organizationIDs(d.members) {
		draft.Members = append(draft.Members, domain.Member{Organization: id, Role: "Takes part with people and data."})
	}
	p, err := domain.NewPartnership(draft)
	if err != nil {
		return err
	}
	if err := s.as(s.staff).Partnerships.Create(s.ctx, domain.CreatePartnership, p); err != nil {
		return err
	}
	s.partnerships[d.key] = p.ID
	return nil
}

func (s *story) stepPartnership(d demoPartnership, step partnershipStep) error {
	p, err := s.as(*step.by).Partnerships.Update(s.ctx, step.act, s.partnerships[d.key], nil, func(tx *repository.Session, p *domain.Partnership) error {
		file, err := tx.Partnerships.Dossier(s.ctx, p)
		if err != nil {
			return err
		}
		return step.do(p, file)
	})
	if err != nil || !step.asks {
		return err
	}
	for i, asked := range p.Clearances {
		if !p.Counts(i) || asked.Decision != "" {
			continue
		}
		clerk, err := s.clerk(asked.OfficeName)
		if err != nil {
			return err
		}
		if err := change(s, s.as(clerk).Partnerships, domain.DecideClearance, p.ID, func(p *domain.Partnership) error {
			return p.DecideClearance(clerk, asked.Office, domain.Cleared, "", s.now())
		}); err != nil {
			return err
		}
	}
	return nil
}

// writeMemorandum says something to every element.
func (s *story) writeMemorandum(p *domain.Partnership, rules *domain.Requirements) error {
	for _, e := range rules.Elements {
		draft := domain.ElementDraft{State: domain.ElementProvided, Text: "See the memorandum, section " + e.Title + "."}
		if !e.Always {
			draft = domain.ElementDraft{State: domain.ElementNotApplicable, Reason: "Nothing of the kind is planned."}
		}
		if err := p.WriteElement(s.staff, rules, e.Key, draft, s.today()); err != nil {
			return err
		}
	}
	return nil
}

// clerk is somebody who clears for an office. Nobody signs in as one.
func (s *story) clerk(office string) (domain.Actor, error) {
	if who, ok := s.clerks[office]; ok {
		return who, nil
	}
	a, err := domain.NewAccount(domain.AccountDraft{
		Login: strings.ReplaceAll(strings.ToLower(office), " ", "-") + "@demo.example", Name: office, Role: domain.Staff, Office: office, Password: s.locked,
	})
	if err != nil {
		return domain.Actor{}, err
	}
	if err := s.tx.Accounts.Create(s.ctx, domain.EditAccount, a); err != nil {
		return domain.Actor{}, err
	}
	s.clerks[office] = a.Actor()
	return a.Actor(), nil
}

// contribute lets the first member pledge, deliver a part, and the office verify
// it.
func (s *story) contribute(d demoPartnership) error {
	p, err := s.tx.Partnerships.Get(s.ctx, s.partnerships[d.key])
	if err != nil {
		return err
	}
	giver, err := s.tx.Organizations.Steady(s.ctx, p.Members[0].Organization)
	if err != nil {
		return err
	}
	entry := func(minor int64) domain.EntryDraft {
		return domain.EntryDraft{Amount: domain.Money{Minor: minor, Currency: "USD"}, On: s.today(), Evidence: "Notice of the transfer."}
	}
	place := domain.Place{Partnership: p}
	k, pledged, err := domain.Pledge(domain.ContributionID(s.tx.NewID()), s.staff, domain.ContributionDraft{
		Organization: giver.ID, Kind: domain.ContributesCash, Description: "A transfer to the joint work", First: entry(5000000),
	}, place, giver, s.today())
	if err != nil {
		return err
	}
	delivered, err := k.Add(s.staff, domain.MeasureDelivered, entry(2000000), place, giver, s.today())
	if err != nil {
		return err
	}
	verified, err := k.Verify(s.reviewer, entry(1500000), domain.Ledger{*pledged, *delivered}, s.today())
	if err != nil {
		return err
	}
	if err := s.as(s.staff).Contributions.Create(s.ctx, domain.PledgeNew, k); err != nil {
		return err
	}
	ledger := s.as(s.staff).LedgerEntries
	for _, e := range []*domain.ContributionEntry{pledged, delivered} {
		if err := ledger.Create(s.ctx, domain.DeliverContribution, e); err != nil {
			return err
		}
	}
	return s.as(s.reviewer).LedgerEntries.Create(s.ctx, domain.VerifyContribution, verified)
}

// publishPartnership needs every member's agreement and the office's.
func (s *story) publishPartnership(d demoPartnership) error {
	for _, key := range d.members {
		by := s.partners[key]
		err := change(s, s.as(by).Partnerships, domain.ConsentPartnership, s.partnerships[d.key], func(p *domain.Partnership) error { return p.Consent(by, s.now()) })
		if err != nil {
			return err
		}
	}
	return change(s, s.as(s.staff).Partnerships, domain.PublishPartnership, s.partnerships[d.key], func(p *domain.Partnership) error {
		p.Publish(s.staff, s.now())
		return nil
	})
}

// promise is a commitment while its story is told.
type promise struct {
	demoCommitment
	id         domain.CommitmentID
	milestones []domain.MilestoneID
	indicator  domain.IndicatorID
	reports    []domain.ProgressReportID
}

// planCommitments lets partners promise, report and be verified.
func (s *story) planCommitments() {
	for _, d := range demoCommitments {
		p := &promise{demoCommitment: d}
		s.plan(d.ago, func() error { return s.newCommitment(p) })
		s.planAcceptance(p)
		if d.accepted() {
			s.planProgress(p)
			s.planOutcome(p)
		}
	}
}

// by is the actor of the partner who promises.
func (s *story) by(p *promise) domain.Actor { return s.partners[p.organization] }

// move takes a step of a commitment.
func (s *story) move(p *promise, by func() domain.Actor, act domain.Action, do func(*domain.Commitment) error) func() error {
	return func() error { return change(s, s.as(by()).Commitments, act, p.id, do) }
}

func (s *story) newCommitment(p *promise) error {
	as, amount := s.as(s.by(p)), domain.Money{}
	if p.dollars > 0 {
		amount = domain.Money{Minor: p.dollars * 100, Currency: "USD"}
	}
	d := domain.CommitmentDraft{
		Partnership: s.partnerships[p.partnership], Marking: p.marking,
		Terms: domain.Terms{Title: p.title, Text: p.text, DueOn: s.day(p.due), Amount: amount},
	}
	var inside *domain.Partnership
	if d.Partnership != "" {
		var err error
		if inside, err = as.Partnerships.Get(s.ctx, d.Partnership); err != nil {
			return err
		}
	}
	c, err := domain.NewCommitment(s.organizations[p.organization].ID, d, inside)
	if err != nil {
		return err
	}
	if err := as.Commitments.Create(s.ctx, domain.CreateCommitment, c); err != nil {
		return err
	}
	p.id = c.ID
	return s.newPlan(p, c)
}

// newPlan adds milestones a quarter apart, and one indicator.
func (s *story) newPlan(p *promise, c *domain.Commitment) error {
	as := s.as(s.by(p))
	for i, title := range demoMilestones {
		m, err := domain.NewMilestone(c, domain.MilestoneDraft{Title: title, Weight: 30 + 10*i, DueOn: s.day(p.ago - 120 - 88*i)})
		if err != nil {
			return err
		}
		if err := as.Milestones.Create(s.ctx, domain.CreateMilestone, m); err != nil {
			return err
		}
		p.milestones = append(p.milestones, m.ID)
	}
	i, err := domain.NewIndicator(c, domain.IndicatorDraft{
		Title: p.indicatorTitle, Definition: "Counted once, in the period in which it was done.", Unit: p.unit, MeansOfVerification: "Lists kept on site.",
		Ascending: true, Baseline: domain.Baseline{Year: s.clock.now.Year() - 1, Value: "0"}, Disaggregation: []string{"country"},
		Targets: []domain.Target{
			{Period: domain.Period{From: s.day(p.ago - 20), Until: s.day(p.ago - 110)}, Value: "40"},
			{Period: domain.Period{From: s.day(p.ago - 111), Until: s.day(p.ago - 200)}, Value: "80"},
		},
	})
	if err != nil {
		return err
	}
	err = as.Indicators.Create(s.ctx, domain.CreateIndicator, i)
	p.indicator = i.ID
	return err
}

func (s *story) planAcceptance(p *promise) {
	partner := func() domain.Actor { return s.by(p) }
	staff := func() domain.Actor { return s.staff }
	submit := s.move(p, partner, domain.SubmitCommitment, func(c *domain.Commitment) error {
		return c.Submit(s.by(p), *s.organizations[p.organization], s.today())
	})
	giveBack := s.move(p, staff, domain.ReturnCommitment, func(c *domain.Commitment) error { return c.Return("Say by how much, and how we would know.") })
	if p.stage == domain.CommitmentDrafted {
		return
	}
	s.plan(p.ago-3, submit)
	if p.returned || p.stage == domain.CommitmentReturned {
		s.plan(p.ago-6, giveBack)
	}
	if p.returned {
		s.plan(p.ago-9, submit)
	}
	if !p.accepted() {
		return
	}
	s.plan(p.ago-12, s.move(p, staff, domain.AcceptCommitment, func(c *domain.Commitment) error {
		return c.Accept(s.staff, *s.organizations[p.organization], s.today())
	}))
	if p.stage != domain.CommitmentAccepted {
		s.plan(p.ago-18, s.move(p, staff, domain.ActivateCommitment, func(c *domain.Commitment) error { return c.Activate(s.today()) }))
	}
	if p.published {
		s.plan(p.ago-20, s.move(p, partner, domain.ConsentCommitment, func(c *domain.Commitment) error { return c.ConsentToPublication(s.by(p), s.now()) }))
		s.plan(p.ago-21, s.move(p, staff, domain.PublishCommitment, func(c *domain.Commitment) error { c.Publish(s.staff, s.now()); return nil }))
	}
}

// planProgress lets the partner report at the end of each quarter that it
// reports on, and reach its milestones.
func (s *story) planProgress(p *promise) {
	for i := range p.quarters {
		from, until := p.ago-20-91*i, p.ago-110-91*i
		s.plan(until-10-p.lateness*i, func() error { return s.report(p, i, from, until) })
		s.plan(until-20-p.lateness*i, func() error { return s.reviewReport(p, i) })
		if i < len(demoMilestones) {
			s.plan(until-12, func() error { return s.reachMilestone(p, i) })
			s.plan(until-25, func() error { return s.judgeMilestone(p, i) })
		}
	}
	for n, outcome := range p.amendments {
		s.plan(p.ago-60-n, func() error { return s.amend(p, n, outcome) })
	}
}

// underway is the commitment as the partner reports on it.
func (s *story) underway(p *promise) (*domain.Commitment, error) {
	return s.as(s.by(p)).Commitments.Get(s.ctx, p.id)
}

func (s *story) report(p *promise, i, from, until int) error {
	c, err := s.underway(p)
	if err != nil {
		return err
	}
	by := s.by(p)
	r, err := domain.NewProgressReport(by, c, domain.ProgressReportDraft{
		Period: domain.Period{From: s.day(from), Until: s.day(until)}, Narrative: "We did what was planned for the quarter, and began the next.",
		Figures:   []domain.Figure{{Indicator: p.indicator, Value: domain.Decimal(fmt.Sprint(38 + 41*i)), Parts: []domain.Part{{Dimension: "country", Category: "elsewhere", Value: "12"}}}},
		Omissions: late(c, s.day(until)),
	})
	if err != nil {
		return err
	}
	as := s.as(by)
	if err := as.ProgressReports.Create(s.ctx, domain.CreateProgressReport, r); err != nil {
		return err
	}
	p.reports = append(p.reports, r.ID)
	if p.lastReport == domain.ProgressReportDrafted && i == p.quarters-1 {
		return nil
	}
	return change(s, as.ProgressReports, domain.SubmitProgressReport, r.ID, func(r *domain.ProgressReport) error { return r.Submit(by, c, s.today()) })
}

// late says of every milestone that fell due by a day and was not reached why.
func late(c *domain.Commitment, by domain.Date) (out []domain.Omission) {
	for _, m := range c.Plan.Milestones {
		if m.Stage.Is(domain.MilestonePending, domain.MilestoneRejected) && !by.Before(m.DueOn) {
			out = append(out, domain.Omission{Milestone: m.ID, Reason: "Two sites opened later than planned."})
		}
	}
	return out
}

// reviewReport accepts a report and has its figures verified; the last one
// stays as the table says.
func (s *story) reviewReport(p *promise, i int) error {
	as, id := s.as(s.staff), p.reports[i]
	if i == p.quarters-1 {
		switch p.lastReport {
		case domain.ProgressReportDrafted, domain.ProgressReportSubmitted:
			return nil
		case domain.ProgressReportReturned:
			return change(s, as.ProgressReports, domain.ReturnProgressReport, id, func(r *domain.ProgressReport) error {
				return r.Return(s.staff, "The figure counts the quarter before once more.")
			})
		}
	}
	c, err := as.Commitments.Get(s.ctx, p.id)
	if err != nil {
		return err
	}
	err = change(s, as.ProgressReports, domain.AcceptProgressReport, id, func(r *domain.ProgressReport) error { return r.Accept(s.staff, c, nil, s.today()) })
	if err != nil {
		return err
	}
	r, err := s.as(s.reviewer).ProgressReports.Get(s.ctx, id)
	if err != nil {
		return err
	}
	v, err := r.Verify(s.reviewer, c, domain.VerificationDraft{
		Method: domain.VerifiedByDocuments, Evidence: "The lists agree but for two lines.", Confidence: domain.ConfidenceMedium,
		Figures: []domain.Figure{{Indicator: p.indicator, Value: domain.Decimal(fmt.Sprint(36 + 41*i))}},
	}, s.today())
	if err != nil {
		return err
	}
	return s.as(s.reviewer).Verifications.Create(s.ctx, domain.VerifyProgressReport, v)
}

func (s *story) reachMilestone(p *promise, i int) error {
	c, err := s.underway(p)
	if err != nil {
		return err
	}
	by := s.by(p)
	return change(s, s.as(by).Milestones, domain.ReportMilestone, p.milestones[i], func(m *domain.Milestone) error {
		return m.Report(by, c, domain.Delivery{Evidence: "See the list of sites in the report."}, s.today())
	})
}

// judgeMilestone believes each but the third, and leaves the last one of a
// commitment that goes on to be judged.
func (s *story) judgeMilestone(p *promise, i int) error {
	as, id := s.as(s.reviewer), p.milestones[i]
	switch {
	case i == 2:
		return change(s, as.Milestones, domain.RejectMilestone, id, func(m *domain.Milestone) error { return m.Reject(s.reviewer, "The list names one site twice.") })
	case i == p.quarters-1 && p.stage == domain.CommitmentActive:
		return nil
	}
	return change(s, as.Milestones, domain.VerifyMilestone, id, func(m *domain.Milestone) error { return m.Verify(s.reviewer, s.today()) })
}

// amend proposes another due date and decides it, or leaves it to be decided.
func (s *story) amend(p *promise, n int, outcome domain.AmendmentStage) error {
	by := s.by(p)
	var a *domain.Amendment
	err := change(s, s.as(by).Commitments, domain.ProposeAmendment, p.id, func(c *domain.Commitment) (err error) {
		terms := c.Terms
		terms.DueOn = terms.DueOn.AddDays(30 + n)
		a, err = c.Propose(by, terms, domain.Additions{}, "A port was closed for a month.", s.today())
		return err
	})
	if err != nil {
		return err
	}
	if err := s.as(by).Amendments.Create(s.ctx, domain.ProposeAmendment, a); err != nil {
		return err
	}
	as := s.as(s.reviewer)
	switch outcome {
	case domain.AmendmentApproved:
		_, err = as.Amendments.Update(s.ctx, domain.ApproveAmendment, a.ID, nil, func(tx *repository.Session, a *domain.Amendment) error {
			org, err := tx.Organizations.Steady(s.ctx, a.Organization)
			if err != nil {
				return err
			}
			return change(s, tx.Commitments, domain.ApproveAmendment, p.id, func(c *domain.Commitment) error {
				_, err := c.Amend(s.reviewer, a, *org, s.today())
				return err
			})
		})
	case domain.AmendmentDeclined:
		err = change(s, as.Amendments, domain.DeclineAmendment, a.ID, func(a *domain.Amendment) error {
			return a.Decline(s.reviewer, "There was time enough.", s.today())
		})
	}
	return err
}

// planOutcome ends a commitment as the table says.
func (s *story) planOutcome(p *promise) {
	partner := func() domain.Actor { return s.by(p) }
	claim := s.move(p, partner, domain.ClaimCommitment, func(c *domain.Commitment) error { return c.Claim(s.by(p), s.today()) })
	switch p.stage {
	case domain.CommitmentClaimed:
		s.plan(p.ended, claim)
	case domain.CommitmentComplete, domain.CommitmentPartlyMet, domain.CommitmentNotMet:
		s.plan(p.ended+15, claim)
		s.plan(p.ended, func() error { return s.verify(p) })
	case domain.CommitmentLapsed:
		s.plan(p.ended, s.move(p, func() domain.Actor { return s.staff }, domain.LapseCommitment, func(c *domain.Commitment) error {
			return c.Lapse("Nothing was claimed by the due date.", s.today())
		}))
	case domain.CommitmentWithdrawn:
		s.plan(p.ended, s.move(p, partner, domain.WithdrawCommitment, func(c *domain.Commitment) error {
			return c.Withdraw("The site was sold.", s.today())
		}))
	}
}

func (s *story) verify(p *promise) error {
	_, err := s.as(s.reviewer).Commitments.Update(s.ctx, domain.VerifyCommitment, p.id, nil, func(tx *repository.Session, c *domain.Commitment) error {
		v, err := c.Verify(s.reviewer, p.stage, domain.VerificationDraft{
			Method: domain.VerifiedBySiteVisit, Evidence: "Seen at three sites, with the lists.", Confidence: domain.ConfidenceHigh,
		}, s.today())
		if err != nil {
			return err
		}
		return tx.Verifications.Create(s.ctx, domain.VerifyCommitment, v)
	})
	return err
}
