package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Decision is what a partnership may be ready for.
type Decision string

// The decisions for which something must be complete.
const (
	ForApproval Decision = "approval"
	ForSigning  Decision = "signing"
	ForRenewal  Decision = "renewal"
)

// NeedState is how far a need is met.
type NeedState string

// The states of a need. All but NeedMet are gaps.
const (
	NeedMet     NeedState = "met"
	NeedMissing NeedState = "missing"
	// NeedWaiting is for an office that has not decided.
	NeedWaiting NeedState = "waiting"
	NeedRefused NeedState = "refused"
	// NeedLapsed is what was good once.
	NeedLapsed NeedState = "lapsed"
)

// Need is one line of the checklist for a decision.
type Need struct {
	// Pointer is where it stands: in the partnership, /elements/{key},
	// /clearances/{office} or /members/{i}.
	Pointer string
	Title   string
	State   NeedState
	// Detail says what is needed, in words; empty if it is met.
	Detail string
	// Who can meet it.
	Who      string
	Citation string
}

// Who meets a need, in words.
const (
	whoDrafts = "the officer who drafts the memorandum"
	whoVets   = "whoever vets organizations"
)

// Where the shipped rules come from. The chapter leaves the order of its
// paragraphs to its editions, so the paragraph is cited only where it is stable.
const (
	citeChapter     = "2 FAM 970"
	citePolicy      = "2 FAM 971.1 b"
	citeProcurement = "2 FAM 971.1 c; 31 U.S.C. 6303"
	citeMemorandum  = "2 FAM 970; State OIG AUD-CGI-25-14, recommendation 2"
	citeMonitoring  = "2 FAM 970; State OIG AUD-CGI-25-14 on monitoring"
	citeDates       = "2 FAM 970; State OIG AUD-CGI-25-14 on start and end dates"
)

// checklist gathers needs.
type checklist []Need

func (l *checklist) add(met bool, n Need) {
	if met {
		n.State, n.Detail = NeedMet, ""
	} else if n.State == "" {
		n.State = NeedMissing
	}
	*l = append(*l, n)
}

// Checklist is every need of a decision on the day, met or not, in the order in
// which an officer works through it. What it shows as a gap is what the decision
// is refused for: both are this list.
func (p *Partnership) Checklist(for_ Decision, d Dossier, today Date) []Need {
	var l checklist
	if for_ == ForSigning {
		l.add(!p.RanOut(today), Need{
			Pointer: "/reapproval_due_on", Title: "An approval that still runs", State: NeedLapsed, Who: "whoever approves partnerships", Citation: citeDates,
			Detail: fmt.Sprintf("the approval ran out on %s: it is renewed first", p.ReapprovalDueOn),
		})
		p.attested(&l, d)
		p.vetting(&l, d, today)
		l.add(p.Memorandum != MemorandumRequired || !blank(p.MemorandumReference), Need{
			Pointer: "/memorandum_reference", Title: "The signed memorandum", Who: whoDrafts, Citation: citeMemorandum,
			Detail: "a memorandum of understanding is required: say where the signed one is",
		})
		return l
	}
	p.written(&l, d, today)
	if for_ == ForApproval {
		p.term(&l, d, today)
	}
	p.vetting(&l, d, today)
	p.elements(&l, d)
	p.cleared(&l, for_, d)
	return l
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// written are the needs of the partnership's own file.
func (p *Partnership) written(l *checklist, d Dossier, today Date) {
	l.add(!blank(p.Purpose), Need{Pointer: "/purpose", Title: "Purpose", Detail: "say what the partnership is for", Who: whoDrafts, Citation: citePolicy})
	l.add(p.StartsOn != "", Need{Pointer: "/starts_on", Title: "Start date", Detail: "a start date is needed", Who: whoDrafts, Citation: citeDates})
	end := Need{Pointer: "/ends_on", Title: "End date", Detail: "an end date is needed", Who: whoDrafts, Citation: citeDates}
	if p.EndsOn.Before(today) {
		end.State, end.Detail = NeedLapsed, "the end date has passed"
	}
	l.add(p.EndsOn != "" && !p.EndsOn.Before(today), end)
	l.add(len(p.Members) > 0, Need{Pointer: "/members", Title: "Members", Detail: "a partnership has at least one member organization", Who: whoDrafts, Citation: citeChapter})
	p.attested(l, d)
	l.add(p.Memorandum != "", Need{
		Pointer: "/memorandum", Title: "Whether a memorandum of understanding is required", Who: whoDrafts, Citation: citeMemorandum,
		Detail: "say whether a memorandum of understanding is required",
	})
	l.add(p.Memorandum != MemorandumNotRequired || !blank(p.MemorandumReason), Need{
		Pointer: "/memorandum_reason", Title: "Why no memorandum is required", Who: whoDrafts, Citation: citeMemorandum,
		Detail: "say why no memorandum of understanding is required",
	})
	l.add(!blank(p.MonitoringPlan), Need{Pointer: "/monitoring_plan", Title: "Monitoring plan", Detail: "a monitoring plan is needed", Who: whoDrafts, Citation: citeMonitoring})
}

// term is the need of a reapproval that falls due within the longest term.
func (p *Partnership) term(l *checklist, d Dossier, today Date) {
	due, pointer := p.ReapprovalDueOn, "/reapproval_due_on"
	if due == "" {
		due, pointer = p.EndsOn, "/ends_on"
	}
	if due == "" || d.Rules == nil {
		return
	}
	latest := d.Rules.latest(today)
	l.add(!latest.Before(due), Need{
		Pointer: pointer, Title: "Reapproval within the longest term", Who: whoDrafts, Citation: "2 FAM 970, reapproval",
		Detail: fmt.Sprintf("an approval of today stands until %s at the latest: let the reapproval fall due by then", latest),
	})
}

// attested is the need of an attestation that knows of every sign of procurement.
func (p *Partnership) attested(l *checklist, d Dossier) {
	n := Need{
		Pointer: "/not_procurement", Title: "Attestation that this is not procurement", Who: "whoever attests for the office", Citation: citeProcurement,
		Detail: "somebody attests that this is not procurement",
	}
	if i := slices.IndexFunc(d.Signs, p.unattested); i >= 0 && p.NotProcurement != "" {
		n.State = NeedLapsed
		n.Detail = d.Signs[i].Words + "; the attestation is older and takes no account of it: attest again, saying why this is not procurement"
		l.add(false, n)
		return
	}
	l.add(p.NotProcurement != "", n)
}

func (p *Partnership) unattested(s ProcurementSign) bool {
	return p.AttestedAt == nil || !s.At.Before(*p.AttestedAt)
}

// vetting are the needs of the members' good standing, a gap each.
func (p *Partnership) vetting(l *checklist, d Dossier, today Date) {
	for i, m := range p.Members {
		title := "Vetting of a member"
		if m.Name != "" {
			title = "Vetting of " + m.Name
		}
		need := Need{Pointer: fmt.Sprintf("/members/%d", i), Title: title, Who: whoVets, Citation: "2 FAM 970, due diligence"}
		gaps := d.standing(m.Organization, today, p.Kind)
		if len(gaps) == 0 {
			l.add(true, need)
		}
		for _, gap := range gaps {
			need.State, need.Detail = NeedMissing, "the organization is not in good standing: "+gap.Detail
			if gap.Code == "lapsed" {
				need.State = NeedLapsed
			}
			l.add(false, need)
		}
	}
}

// elements are the needs of the action memorandum.
func (p *Partnership) elements(l *checklist, d Dossier) {
	if d.Rules == nil {
		l.add(false, Need{
			Pointer: "/requirements", Title: "Requirements", Who: "two people of the office", Citation: citeChapter,
			Detail: "no requirements are adopted for this kind of partnership",
		})
		return
	}
	for _, r := range d.Rules.Elements {
		e := p.Element(r.Key)
		n := Need{Pointer: "/elements/" + r.Key, Title: r.Title, Detail: "the memorandum says nothing to this element: " + r.Guidance, Who: whoDrafts, Citation: r.Citation}
		met := e != nil && !(r.Always && e.State == ElementNotApplicable)
		if lost := d.unread(e); met && lost != "" {
			met, n.State, n.Detail = false, NeedLapsed, lost
		}
		l.add(met, n)
	}
}

// cleared are the needs of the offices' clearances in this round.
func (p *Partnership) cleared(l *checklist, for_ Decision, d Dossier) {
	if d.Rules == nil {
		return
	}
	for _, r := range d.Rules.Clearances {
		if !r.needed(p.EstimatedValue) {
			continue
		}
		n := Need{Pointer: "/clearances/" + r.Key, Title: "Clearance by " + r.Office, Who: "people of " + r.Office, Citation: r.Citation}
		c := p.clearance(r.Key)
		if for_ == ForRenewal && p.RenewalRequestedBy == "" {
			c = nil
		}
		switch {
		case c == nil:
			n.Detail = r.Office + " was not asked for its clearance"
		case c.Decision == ClearanceRefused:
			n.State, n.Detail = NeedRefused, r.Office+" refused its clearance: settle why, and ask the office again"
		case c.Decision == "":
			n.State, n.Detail = NeedWaiting, r.Office+" has not decided"
		}
		l.add(c != nil && c.given(), n)
	}
}

// Gaps names everything that a decision on the day would lack.
func (p *Partnership) Gaps(for_ Decision, d Dossier, today Date) Faults {
	return checklist(p.Checklist(for_, d, today)).gaps()
}

// gaps are the needs that are not met.
func (l checklist) gaps() Faults {
	var f Faults
	for _, n := range l {
		if n.State != NeedMet {
			f.Add(n.Pointer, string(n.State), "%s", n.Detail)
		}
	}
	return f
}

// Upcoming is the decision that the partnership's stage leads to next. To begin
// what is signed needs what its signing needed.
func (p *Partnership) Upcoming() Decision {
	switch {
	case p.Stage.Is(PartnershipApproved, PartnershipSigned):
		return ForSigning
	case p.ApprovedOn != "" || !p.Stage.Is(partnershipOpen[:5]...):
		return ForRenewal
	}
	return ForApproval
}
