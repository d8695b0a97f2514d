package domain

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SmartCriterion is one of the five that make an objective SMART (Doran, 1981).
type SmartCriterion string

// The criteria, in the order of the word.
const (
	Specific   SmartCriterion = "specific"
	Measurable SmartCriterion = "measurable"
	Achievable SmartCriterion = "achievable"
	Relevant   SmartCriterion = "relevant"
	TimeBound  SmartCriterion = "time_bound"
)

// SmartRulesVersion counts changes of the rules: a score is compared with scores
// under the same version alone.
const SmartRulesVersion = 1

// smartRule is one ingredient of a commitment that can be judged. All rules'
// points together are 100.
type smartRule struct {
	criterion SmartCriterion
	// key names the rule for programs, pointer says where the ingredient goes.
	key, pointer string
	points       int
	met          func(*Commitment) bool
	// advice says what would meet the rule.
	advice string
}

// leastText is how much text says who does what, where and for whom, in
// characters.
const leastText = 80

var smartRules = []smartRule{
	{Specific, "text", "/text", 8, func(c *Commitment) bool { return utf8.RuneCountInString(strings.TrimSpace(c.Text)) >= leastText },
		fmt.Sprintf("say in at least %d characters who does what, where and for whom", leastText)},
	{Specific, "number", "/text", 4, func(c *Commitment) bool { return strings.ContainsAny(c.Title+c.Text, "0123456789") },
		"say how many or how much, in figures"},
	{Specific, "countries", "/countries", 4, func(c *Commitment) bool { return len(c.Countries) > 0 }, "name the countries in which it is done"},
	{Specific, "trafficking_types", "/trafficking_types", 4, func(c *Commitment) bool { return len(c.TraffickingTypes) > 0 },
		"say whether it is about labor trafficking, sex trafficking or both"},

	{Measurable, "indicator", "/indicators", 8, func(c *Commitment) bool { return len(c.Plan.Indicators) > 0 }, "add an indicator: what is counted, and in which unit"},
	{Measurable, "target", "/indicators", 5, ofEvery(func(i Indicator) bool { return len(i.Targets) > 0 }), "give every indicator a target for a period"},
	{Measurable, "baseline", "/indicators", 4, ofEvery(func(i Indicator) bool { return i.Baseline != Baseline{} }), "give every indicator a baseline: its value before the commitment"},
	{Measurable, "means_of_verification", "/indicators", 3, ofEvery(func(i Indicator) bool { return strings.TrimSpace(i.MeansOfVerification) != "" }),
		"say of every indicator how its figures can be checked"},

	{Achievable, "milestones", "/milestones", 8, func(c *Commitment) bool { return len(c.Plan.Milestones) >= 2 }, "plan at least two milestones on the way"},
	{Achievable, "resources", "/amount", 6, func(c *Commitment) bool { return c.Amount.Minor > 0 || c.Partnership != "" },
		"say what it costs, or put it inside a partnership that contributes"},
	{Achievable, "steps", "/milestones", 6, func(c *Commitment) bool {
		total, _, _, _ := weigh(c.Plan.Milestones, "")
		return total > 0 && !slices.ContainsFunc(c.Plan.Milestones, func(m Milestone) bool { return 2*m.Weight > total && len(c.Plan.Milestones) > 1 })
	}, "spread the work: no milestone of several carries more than half of the weight"},

	{Relevant, "objectives", "/objectives", 8, func(c *Commitment) bool { return len(c.Objectives) > 0 }, "name the objective of the strategy that it serves"},
	{Relevant, "pillars", "/pillars", 6, func(c *Commitment) bool { return len(c.Pillars) > 0 },
		"name the pillar: prosecution, protection, prevention or partnership"},
	{Relevant, "topics", "/topics", 6, func(c *Commitment) bool { return len(c.Topics) > 0 }, "name the topics that it is about"},

	{TimeBound, "due_on", "/due_on", 8, func(c *Commitment) bool { return c.DueOn != "" && c.DuePrecision.Exact() }, "say by which day it is done"},
	{TimeBound, "milestones_in_time", "/milestones", 6, func(c *Commitment) bool {
		return len(c.Plan.Milestones) > 0 && !slices.ContainsFunc(c.Plan.Milestones, func(m Milestone) bool { return c.DueOn.Before(m.DueOn) })
	}, "let every milestone fall due by the commitment's own due date"},
	{TimeBound, "targets_in_time", "/indicators", 6, ofEvery(func(i Indicator) bool {
		return len(i.Targets) > 0 && !slices.ContainsFunc(i.Targets, func(t Target) bool { return t.From == "" || t.Until == "" })
	}), "say of every target for which period it is"},
}

// ofEvery asks something of each indicator of a commitment that has any.
func ofEvery(ask func(Indicator) bool) func(*Commitment) bool {
	return func(c *Commitment) bool {
		return len(c.Plan.Indicators) > 0 && !slices.ContainsFunc(c.Plan.Indicators, func(i Indicator) bool { return !ask(i) })
	}
}

// Smart is how well a commitment is put, from 0 to 100, and what would raise it.
type Smart struct {
	Score    int
	Criteria []SmartPart
}

// SmartPart is one criterion's share of the score.
type SmartPart struct {
	Criterion SmartCriterion
	Score, Of int
	Rules     []SmartFinding
}

// SmartFinding is one rule and whether it is met.
type SmartFinding struct {
	Key, Pointer string
	Points       int
	Met          bool
	// Advice says what would meet the rule; a met one has none.
	Advice string
}

// Smart judges the commitment by every rule. Its plan must have been read.
func (c *Commitment) Smart() Smart {
	var s Smart
	for _, r := range smartRules {
		if len(s.Criteria) == 0 || s.Criteria[len(s.Criteria)-1].Criterion != r.criterion {
			s.Criteria = append(s.Criteria, SmartPart{Criterion: r.criterion})
		}
		part := &s.Criteria[len(s.Criteria)-1]
		part.Of += r.points
		finding := SmartFinding{Key: r.key, Pointer: r.pointer, Points: r.points, Met: r.met(c)}
		if finding.Met {
			part.Score += r.points
			s.Score += r.points
		} else {
			finding.Advice = r.advice
		}
		part.Rules = append(part.Rules, finding)
	}
	return s
}
