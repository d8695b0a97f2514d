package domain

// AdvisorID names an advisor.
type AdvisorID = ID[Advisor]

// Advisor is a survivor who advises, known to the platform by an alias.
type Advisor struct {
	Record[Advisor]
}
