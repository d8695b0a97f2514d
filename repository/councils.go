package repository

import (
	"context"
	"encoding/json"

	"gorm.io/gorm"

	"accord/domain"
)

// Councils is the table of councils.
type Councils struct {
	table[domain.AdvisoryCouncil, *domain.AdvisoryCouncil]
}

func councils(s *Session) Councils {
	return Councils{newTable[domain.AdvisoryCouncil](s, domain.ReadCouncil, func(a domain.Actor) []relation {
		return []relation{
			{domain.Self, "EXISTS (SELECT 1 FROM terms t WHERE t.council = r.id AND t.advisor = ?)", []any{a.Advisor}},
			sitting(s, a, "r.id"),
			{domain.Published, "1 = 1", nil},
		}
	}, sorts{"name": "name"})}
}

// sitting relates an advisor to what belongs to a council, named by a column, on
// which the advisor sits today.
func sitting(s *Session, a domain.Actor, council string) relation {
	today := domain.DateOf(s.Now())
	return relation{
		domain.Council,
		"EXISTS (SELECT 1 FROM terms t WHERE t.council = " + council + " AND t.advisor = ? AND t.begins_on <= ? AND ? <= t.ends_on)",
		[]any{a.Advisor, today, today},
	}
}

// List returns a page of councils, by name.
func (t Councils) List(ctx context.Context, p Page) (Rows[domain.AdvisoryCouncil], error) {
	if p.Sort == "" {
		p.Sort = "name"
	}
	return t.list(t.within(ctx, t.read), p)
}

// Hold is Permit that keeps others from holding the council until the
// transaction ends, so that what is decided over its members or numbers stands.
// The council itself isn't changed: its version would tell that something was.
func (t Councils) Hold(ctx context.Context, act domain.Action, id domain.CouncilID) (*domain.AdvisoryCouncil, error) {
	return t.lock(ctx, act, id, nil)
}

// Composition sums up who sits on a council today.
func (t Councils) Composition(ctx context.Context, id domain.CouncilID) (domain.CouncilComposition, error) {
	if _, err := t.Permit(ctx, domain.ReadComposition, id); err != nil {
		return domain.CouncilComposition{}, err
	}
	var members []domain.CouncilMember
	today := domain.DateOf(t.s.Now())
	err := t.s.mechanism(ctx).Raw(`SELECT t.renewal, a.expertise, a.languages FROM terms t, advisors a
		WHERE a.id = t.advisor AND t.council = ? AND t.begins_on <= ? AND ? <= t.ends_on`, id, today, today).Scan(&members).Error
	return domain.ComposeCouncil(members), err
}

// Terms is the table of terms.
type Terms struct {
	table[domain.Term, *domain.Term]
}

func terms(s *Session) Terms {
	t := newTable[domain.Term](s, domain.ReadTerm, func(a domain.Actor) []relation {
		today := domain.DateOf(s.Now())
		return []relation{
			{domain.Self, "r.advisor = ?", []any{a.Advisor}},
			// Fellow members, now, where the council lets them know each other.
			{domain.Council, `r.begins_on <= ? AND ? <= r.ends_on AND EXISTS (SELECT 1 FROM terms t, advisory_councils c
				WHERE t.council = r.council AND c.id = r.council AND c.members_know_each_other
				AND t.advisor = ? AND t.begins_on <= ? AND ? <= t.ends_on)`, []any{today, today, a.Advisor, today, today}},
		}
	}, sorts{"alias": "alias"})
	t.computed = []string{"(SELECT a.alias FROM advisors a WHERE a.id = r.advisor) AS alias"}
	return Terms{t}
}

// List returns a page of a council's terms, by alias.
func (t Terms) List(ctx context.Context, of domain.CouncilID, p Page) (Rows[domain.Term], error) {
	p.Sort = "alias"
	return t.list(t.within(ctx, t.read).Where("council = ?", of), p)
}

// Of returns every term of a council, for a decision about it.
func (t Terms) Of(ctx context.Context, of domain.CouncilID) ([]domain.Term, error) {
	var out []domain.Term
	err := t.within(ctx, t.read).Where("council = ?", of).Find(&out).Error
	return out, err
}

// Recommendations is the table of recommendations.
type Recommendations struct {
	table[domain.Recommendation, *domain.Recommendation]
}

func recommendations(s *Session) Recommendations {
	t := newTable[domain.Recommendation](s, domain.ReadRecommendation, func(a domain.Actor) []relation {
		return []relation{
			sitting(s, a, "r.council"),
			{domain.Published, "r.stage = ?", []any{string(domain.RecommendationIssued)}},
		}
	}, sorts{"report_year": "report_year", "number": "number"})
	t.fill = countAnswers
	return Recommendations{t}
}

// countAnswers sums up what agencies answer. Answers are published, so every
// reader of a recommendation may know.
func countAnswers(ctx context.Context, s *Session, rows []*domain.Recommendation) error {
	ids := make([]domain.RecommendationID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var answers []domain.AgencyResponse
	err := s.mechanism(ctx).Select("recommendation", "stage", "first_answered_on", "assessment_due_on", "verdict").
		Where("recommendation IN ?", ids).Find(&answers).Error
	for _, r := range rows {
		r.Count(answers, domain.DateOf(s.Now()))
	}
	return err
}

// RecommendationFilter narrows a list; an empty field does not.
type RecommendationFilter struct {
	Council, Stage, Agency, ResponseStage, Topic string
	ReportYear                                   int
}

// List returns a page of recommendations, the latest report first and in it by
// number, unless the page says otherwise.
func (t Recommendations) List(ctx context.Context, f RecommendationFilter, p Page) (Rows[domain.Recommendation], error) {
	q := t.within(ctx, t.read)
	q = equal(q, "council", f.Council, "stage", f.Stage)
	if f.ReportYear != 0 {
		q = q.Where("report_year = ?", f.ReportYear)
	}
	if f.Topic != "" {
		q = t.s.holding(q, "topics", f.Topic)
	}
	if f.Agency != "" {
		q = t.s.holding(q, "agencies", f.Agency)
	}
	if f.ResponseStage != "" {
		q = q.Where(`EXISTS (SELECT 1 FROM agency_responses a WHERE a.recommendation = recommendations.id
			AND a.stage = ? AND (? = '' OR a.agency = ?))`, f.ResponseStage, f.Agency, f.Agency)
	}
	if p.Sort == "" {
		p.Sort = "-report_year,number"
	}
	return t.list(q, p)
}

// Number gives a recommendation that is about to be issued the next number of
// its report, if none was chosen, and refuses a chosen one that is taken. The
// caller holds the council.
func (t Recommendations) Number(ctx context.Context, r *domain.Recommendation) error {
	if r.Number == 0 {
		var err error
		r.Number, err = t.NextNumber(ctx, r.Council, r.ReportYear)
		return err
	}
	var taken int64
	err := t.numbered(ctx, r.Council, r.ReportYear).Where("number = ? AND id <> ?", r.Number, r.ID).Count(&taken).Error
	if err != nil || taken == 0 {
		return err
	}
	return &domain.Error{Kind: domain.Conflict, Detail: "choose another number", Faults: domain.Faults{
		{Pointer: "/number", Code: "taken", Detail: "the council's report of that year has this number"}}}
}

// NextNumber is the first number after all that a council has issued in a
// report. The caller holds the council.
func (t Recommendations) NextNumber(ctx context.Context, of domain.CouncilID, year int) (int, error) {
	var last int
	err := t.numbered(ctx, of, year).Select("COALESCE(MAX(number), 0)").Scan(&last).Error
	return last + 1, err
}

// numbered are the issued recommendations of a council's report. Drafts take no
// number: a gap would tell the public that there is one.
func (t Recommendations) numbered(ctx context.Context, of domain.CouncilID, year int) *gorm.DB {
	return t.s.mechanism(ctx).Model(&domain.Recommendation{}).
		Where("council = ? AND report_year = ? AND stage = ?", of, year, string(domain.RecommendationIssued))
}

// AgencyResponses is the table of what agencies answer. There is one for each
// agency of an issued recommendation, so all are published.
type AgencyResponses struct {
	table[domain.AgencyResponse, *domain.AgencyResponse]
}

func agencyResponses(s *Session) AgencyResponses {
	return AgencyResponses{newTable[domain.AgencyResponse](s, domain.ReadAgencyResponse, func(a domain.Actor) []relation {
		return []relation{sitting(s, a, "r.council"), {domain.Published, "1 = 1", nil}}
	}, sorts{"agency": "agency"})}
}

// List returns a page of what agencies answer to a recommendation, by agency.
func (t AgencyResponses) List(ctx context.Context, to domain.RecommendationID, p Page) (Rows[domain.AgencyResponse], error) {
	p.Sort = "agency"
	return t.list(t.within(ctx, t.read).Where("recommendation = ?", to), p)
}

// holding narrows a query to the rows whose list in a column holds the word. LIKE
// would not do: letter case counts on one database and not on the other.
func (s *Session) holding(q *gorm.DB, column, word string) *gorm.DB {
	quoted, err := json.Marshal(word)
	if err != nil {
		_ = q.AddError(err)
		return q
	}
	find := "instr"
	if s.store.postgres {
		find = "strpos"
	}
	return q.Where(find+"("+column+", ?) > 0", string(quoted))
}
