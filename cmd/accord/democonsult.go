package main

import (
	"fmt"
	"slices"

	"accord/domain"
	"accord/internal/receipt"
	"accord/repository"
)

// consultation is one while it is being told.
type consultation struct {
	demoConsultation
	id          domain.ConsultationID
	themes      []*domain.Theme
	submissions []domain.SubmissionID
}

// planConsultations asks, takes answers, and answers in turn.
func (s *story) planConsultations() {
	for _, d := range demoConsultations {
		c := &consultation{demoConsultation: d}
		stages := domain.ConsultationStages()
		reaches := func(stage domain.ConsultationStage) bool {
			return slices.Index(stages, d.stage) >= slices.Index(stages, stage)
		}
		s.plan(d.since, func() error { return s.newConsultation(c) })
		for _, step := range []struct {
			stage domain.ConsultationStage
			ago   int
			do    func() error
		}{
			{domain.ConsultationClearance, d.since - 3, s.moveConsultation(c, domain.RequestClearance, func(_ *repository.Session, v *domain.Consultation) error {
				return v.RequestClearance(s.staff, s.now())
			})},
			{domain.ConsultationScheduled, d.since - 6, func() error { return s.clear(c) }},
			{domain.ConsultationOpen, d.opens, s.moveConsultation(c, domain.OpenConsultation, func(_ *repository.Session, v *domain.Consultation) error {
				return v.Open(s.now())
			})},
			{domain.ConsultationClosed, d.closes, s.moveConsultation(c, domain.CloseConsultation, func(_ *repository.Session, v *domain.Consultation) error {
				return v.Close(s.now())
			})},
			{domain.ConsultationAnalysis, d.closes - 4, func() error { return s.analyze(c) }},
			{domain.ConsultationResponseDrafting, d.closes - 10, func() error { return s.draftResponses(c) }},
			{domain.ConsultationPublished, d.closes - 30, func() error { return s.publish(c) }},
			{domain.ConsultationArchived, d.closes - 90, s.moveConsultation(c, domain.ArchiveConsultation, func(_ *repository.Session, v *domain.Consultation) error {
				return v.Archive()
			})},
		} {
			if reaches(step.stage) {
				s.plan(step.ago, step.do)
			}
		}
		if reaches(domain.ConsultationOpen) {
			s.planSubmissions(c)
		}
		if d.stage == domain.ConsultationPaused {
			s.plan(2, s.moveConsultation(c, domain.PauseConsultation, func(_ *repository.Session, v *domain.Consultation) error {
				return v.Pause("A question is unclear.")
			}))
		}
	}
}

func (s *story) newConsultation(c *consultation) error {
	v, err := domain.NewConsultation(domain.ConsultationDraft{
		Marking: c.marking, Audience: domain.Audience{ForPublic: true, ForAdvisors: true, Excluded: s.organizationIDs(c.excluded)},
		Initiative: s.initiatives[c.initiative], Title: c.title, Purpose: c.purpose,
		Introduction: "Answer what you wish. Every question can be left with \"prefer not to answer\".",
		UseOfAnswers: "Answers are read by staff, counted, and answered theme by theme. Small counts are not shown.",
		Questions:    demoQuestions, OpensAt: s.ago(c.opens), ClosesAt: s.ago(c.closes), TimeZone: "America/New_York",
	})
	if err != nil {
		return err
	}
	if err := s.as(s.staff).Consultations.Create(s.ctx, domain.CreateConsultation, v); err != nil {
		return err
	}
	c.id = v.ID
	return nil
}

func (s *story) moveConsultation(c *consultation, act domain.Action, do func(*repository.Session, *domain.Consultation) error) func() error {
	return func() error {
		_, err := s.as(s.staff).Consultations.Update(s.ctx, act, c.id, nil, do)
		return err
	}
}

// clear is the reviewer's to give. What is to open or close after the story
// does so by itself.
func (s *story) clear(c *consultation) error {
	_, err := s.as(s.reviewer).Consultations.Update(s.ctx, domain.ClearConsultation, c.id, nil, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.Clear(s.reviewer, s.now()); err != nil {
			return err
		}
		return tx.Consultations.Schedule(s.ctx, v)
	})
	return err
}

// planSubmissions spreads answers over the days on which the consultation is
// open: of every partner, of advisors, and of nobody in particular.
func (s *story) planSubmissions(c *consultation) {
	days := c.opens - max(c.closes, 1)
	n := 0
	next := func(do func(i int) error) {
		i := n
		s.plan(c.opens-i%days, func() error { return do(i) })
		n++
	}
	for _, o := range demoOrganizations {
		if slices.Contains(c.excluded, o.key) || !o.answers(c.opens) || n >= c.partners {
			continue
		}
		next(func(i int) error {
			by := s.partners[o.key]
			return s.submit(c, by, s.organizations[o.key], i)
		})
	}
	for i := range c.advisors {
		next(func(n int) error {
			return s.submit(c, domain.Actor{Role: domain.Advising, Advisor: s.advisors[i].ID}, nil, n)
		})
	}
	for range c.anonymous {
		next(func(i int) error { return s.submitAnonymously(c, i) })
	}
	if c.anonymous == 0 {
		return
	}
	s.plan(max(c.closes, 1), func() error { return s.reconsider(c) })
	if c.stage == domain.ConsultationOpen {
		s.plan(1, func() error { return s.begin(c) })
	}
}

// answers reports whether the organization has been approved so many days ago.
func (d demoOrganization) answers(ago int) bool {
	approved := d.stage == domain.OrganizationApproved || d.stage == domain.OrganizationApprovedConditions
	return approved && d.since-30 > ago
}

func (s *story) submit(c *consultation, by domain.Actor, org *domain.Organization, i int) error {
	as := s.as(by)
	v, err := s.newSubmission(c, by, org, i)
	if err != nil {
		return err
	}
	c.submissions = append(c.submissions, v.ID)
	_, err = as.Submissions.Update(s.ctx, domain.SubmitSubmission, v.ID, nil, func(tx *repository.Session, v *domain.Submission) error {
		of, err := tx.Consultations.Of(s.ctx, c.id)
		if err != nil {
			return err
		}
		if org != nil {
			if org, err = tx.Organizations.Steady(s.ctx, org.ID); err != nil {
				return err
			}
		}
		if err := v.Submit(by, of, org, s.now()); err != nil {
			return err
		}
		from := domain.Source{SourceKind: domain.FromSubmission, SourceID: string(v.ID)}
		return tx.Hear(s.ctx, of.Initiative, s.now(), from, v.Groups(org)...)
	})
	return err
}

func (s *story) newSubmission(c *consultation, by domain.Actor, org *domain.Organization, i int) (*domain.Submission, error) {
	as := s.as(by)
	of, err := as.Consultations.Get(s.ctx, c.id)
	if err != nil {
		return nil, err
	}
	v, err := domain.NewSubmission(of, by, org, as.NewAlias(), domain.SubmissionDraft{Answers: demoAnswers(i)}, s.now())
	if err != nil {
		return nil, err
	}
	return v, as.Submissions.Create(s.ctx, domain.CreateSubmission, v)
}

func (s *story) submitAnonymously(c *consultation, i int) error {
	of, err := s.tx.Consultations.Get(s.ctx, c.id)
	if err != nil {
		return err
	}
	hash, err := s.store.ReceiptHash(receipt.NewCode())
	if err != nil {
		return err
	}
	v, err := domain.NewAnonymousSubmission(of, hash, demoAnswers(i), s.now())
	if err != nil {
		return err
	}
	if err := s.as(domain.Actor{Role: domain.Anyone, Receipt: hash}).Receipts.Create(s.ctx, domain.CreateReceipt, v); err != nil {
		return err
	}
	c.submissions = append(c.submissions, v.ID)
	return nil
}

// begin leaves a partner's draft that is not handed in.
func (s *story) begin(c *consultation) error {
	_, err := s.newSubmission(c, s.partners["keelfund"], s.organizations["keelfund"], 1)
	return err
}

// reconsider accepts what came in but the first two: the first is taken back by
// its author, the second withheld.
func (s *story) reconsider(c *consultation) error {
	author := s.partners[demoOrganizations[0].key]
	err := change(s, s.as(author).Submissions, domain.WithdrawSubmission, c.submissions[0], func(v *domain.Submission) error { return v.Withdraw() })
	if err != nil {
		return err
	}
	for i, id := range c.submissions[1:] {
		act, do := domain.AcceptSubmission, (*domain.Submission).Accept
		if i == 0 {
			act, do = domain.WithholdSubmission, func(v *domain.Submission) error { return v.Withhold("It answers another consultation.") }
		}
		if err := change(s, s.as(s.staff).Submissions, act, id, do); err != nil {
			return err
		}
	}
	return nil
}

// analyze counts the results and codes every other text into a theme.
func (s *story) analyze(c *consultation) error {
	err := s.moveConsultation(c, domain.BeginAnalysis, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.BeginAnalysis(); err != nil {
			return err
		}
		return tx.Results.Count(s.ctx, v)
	})()
	if err != nil {
		return err
	}
	as := s.as(s.staff)
	of, err := as.Consultations.Get(s.ctx, c.id)
	if err != nil {
		return err
	}
	for _, title := range demoThemes {
		t, err := domain.NewTheme(of, domain.ThemeDraft{Title: title, Definition: "Answers that say: " + title})
		if err != nil {
			return err
		}
		if err := as.Themes.Create(s.ctx, domain.CreateTheme, t); err != nil {
			return err
		}
		c.themes = append(c.themes, t)
	}
	for i := 2; i < len(c.submissions); i += 2 {
		if _, err := as.Codings.Code(s.ctx, c.submissions[i], "words", c.themes[i/2%(len(c.themes)-1)].ID); err != nil {
			return err
		}
	}
	last := c.themes[len(c.themes)-1]
	return change(s, as.Themes, domain.RetireTheme, last.ID, func(t *domain.Theme) error { return t.Retire(of, 0, false) })
}

// draftResponses answers each theme in another way than the next.
func (s *story) draftResponses(c *consultation) error {
	err := s.moveConsultation(c, domain.BeginResponse, func(_ *repository.Session, v *domain.Consultation) error { return v.BeginResponse() })()
	if err != nil {
		return err
	}
	as := s.as(s.staff)
	of, err := as.Consultations.Get(s.ctx, c.id)
	if err != nil {
		return err
	}
	for i, t := range c.themes[:len(c.themes)-1] {
		r, err := domain.NewResponse(of, t, domain.ResponseDraft{
			Outcome: domain.Outcomes()[i%len(domain.Outcomes())], Reason: fmt.Sprintf("You said: %s. This is what we do about it, and why.", t.Title),
		})
		if err != nil {
			return err
		}
		if err := as.Responses.Create(s.ctx, domain.CreateResponse, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) publish(c *consultation) error {
	return s.moveConsultation(c, domain.PublishConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		themes, err := tx.Themes.Of(s.ctx, v.ID)
		if err != nil {
			return err
		}
		responses, err := tx.Responses.Of(s.ctx, v.ID)
		if err != nil {
			return err
		}
		return v.Publish(themes, responses, s.now())
	})()
}
