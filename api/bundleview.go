package api

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// bundleView is what the summary of a bundle shows.
type bundleView struct {
	*domain.Partnership
	AsOf        time.Time
	By          domain.Actor
	Rules       *domain.Requirements
	Approved    *domain.Requirements // those of the last approval; nil if there was none
	Told        []domain.Moment
	Vetted      []bundledMember
	Decision    domain.Decision
	Needs       []domain.Need
	Gaps        int
	Lines       []bundledElement
	Requests    []bundledClearance
	Documents   []bundledDocument
	Commitments []bundledCommitment
	Log         *bundledLog // nil for who may not read the trail

	// records are all that the bundle tells of, in is where contributions count.
	records []string
	in      repository.In
}

type bundledElement struct {
	domain.ElementRule
	Said *domain.Element
}

// bundledMember is a member with its due diligence, and what stands against it.
type bundledMember struct {
	*domain.Organization
	Against domain.Faults
}

type bundledClearance struct {
	domain.Clearance
	Current bool
}

type bundledDocument struct {
	*domain.Document
	Of    string
	Lines []bundledVersion
}

type bundledVersion struct {
	*domain.DocumentVersion
	Path, Withheld string
}

type bundledCommitment struct {
	*domain.Commitment
	Found   string // its health, in words
	Amended []domain.Amendment
	Story   []openapi.HistoryEntry
}

// view reads all that the summary shows.
func (b *bundled) view(as *repository.Session, p *domain.Partnership) (*bundleView, error) {
	d, err := as.Partnerships.Dossier(ctx(b.c), p)
	if err != nil {
		return nil, err
	}
	v := &bundleView{
		Partnership: p, AsOf: b.s.store.Now().UTC(), By: actor(b.c), Rules: d.Rules, Decision: p.Upcoming(),
		records: []string{string(p.ID)}, in: repository.In{Partnership: p.ID},
	}
	v.Needs = p.Checklist(v.Decision, d, b.s.today())
	v.Gaps = len(p.Gaps(v.Decision, d, b.s.today()))
	if d.Rules != nil {
		for _, r := range d.Rules.Elements {
			v.Lines = append(v.Lines, bundledElement{r, p.Element(r.Key)})
		}
	}
	for i, c := range p.Clearances {
		v.Requests = append(v.Requests, bundledClearance{c, p.Counts(i)})
	}
	if err := b.commitments(as, v); err != nil {
		return nil, err
	}
	slices.Sort(v.records)
	v.records = slices.Compact(v.records)
	if v.Documents, err = b.documents(ctx(b.c), as, v.records); err != nil {
		return nil, err
	}
	for _, d := range v.Documents {
		v.records = append(v.records, string(d.ID))
	}
	b.diligence(v, d.Members)
	trail, err := as.Partnerships.Trail(ctx(b.c), p)
	if err != nil {
		return nil, err
	}
	v.Told = p.History(trail)
	if p.ApprovedUnder != "" {
		if v.Approved, err = as.Requirements.Get(ctx(b.c), p.ApprovedUnder); err != nil {
			return nil, err
		}
	}
	return v, b.given(as, v)
}

// diligence adds the members' vetting to what the bundle tells of, in their order.
// What a check rests on may tell who spoke, and stays with the office.
func (b *bundled) diligence(v *bundleView, organizations []domain.Organization) {
	for _, m := range v.Members {
		for i := range organizations {
			o := &organizations[i]
			if o.ID != m.Organization {
				continue
			}
			v.Vetted = append(v.Vetted, bundledMember{o, o.Standing(b.s.today(), v.Kind)})
			v.records = append(v.records, string(o.ID))
			for _, c := range o.Vetting.Checks {
				v.records = append(v.records, string(c.ID))
			}
			for _, w := range o.Vetting.Waivers {
				v.records = append(v.records, string(w.ID))
			}
		}
	}
}

// commitments reads every commitment inside the partnership.
func (b *bundled) commitments(as *repository.Session, v *bundleView) error {
	all, err := as.Commitments.Inside(ctx(b.c), v.ID)
	if err != nil {
		return err
	}
	for _, k := range all {
		one := bundledCommitment{Commitment: k}
		if h := b.s.healthJSON(k); h != nil {
			one.Found = strings.ReplaceAll(h.Status, "_", " ") + ": " + h.Reason
		}
		if one.Amended, err = as.Amendments.Of(ctx(b.c), k.ID); err != nil {
			return err
		}
		told, err := as.Commitments.Chronicle(ctx(b.c), k.ID)
		if err != nil {
			return err
		}
		one.Story = chronicleJSON(domain.BundleReader(), told)
		for _, e := range told {
			v.records = append(v.records, e.Record)
		}
		v.Commitments = append(v.Commitments, one)
		v.in.Commitments = append(v.in.Commitments, k.ID)
	}
	return nil
}

// given adds the contributions and their entries to what the bundle tells of.
func (b *bundled) given(as *repository.Session, v *bundleView) error {
	for k, err := range as.Contributions.EveryIn(ctx(b.c), v.in) {
		if err != nil {
			return err
		}
		v.records = append(v.records, string(k.ID))
	}
	for e, err := range as.LedgerEntries.EveryIn(ctx(b.c), v.in) {
		if err != nil {
			return err
		}
		v.records = append(v.records, string(e.ID))
	}
	return nil
}

//go:embed bundle.html
var bundleHTML string

// summary escapes whatever is put into it by where it stands.
var summary = template.Must(template.New("summary").Funcs(template.FuncMap{
	"words": func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	"money": func(m domain.Money) string {
		if m == (domain.Money{}) {
			return ""
		}
		return m.String()
	},
}).Parse(bundleHTML))

func (v *bundleView) html(w io.Writer) error { return summary.Execute(w, v) }
