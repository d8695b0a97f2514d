package domain

import "slices"

// OrganizationType is what kind of partner an organization is.
type OrganizationType string

// The types of organization.
const (
	OrganizationBusiness            OrganizationType = "business"
	OrganizationBusinessAssociation OrganizationType = "business_association"
	OrganizationLaborUnion          OrganizationType = "labor_union"
	OrganizationNGO                 OrganizationType = "ngo"
	OrganizationSurvivorLed         OrganizationType = "survivor_led"
	OrganizationFaithBased          OrganizationType = "faith_based"
	OrganizationAcademic            OrganizationType = "academic"
	OrganizationFoundation          OrganizationType = "foundation"
	OrganizationInternational       OrganizationType = "international_organization"
	OrganizationGovernment          OrganizationType = "government"
	OrganizationMedia               OrganizationType = "media"
)

// OrganizationTypes lists every type of organization.
func OrganizationTypes() []OrganizationType {
	return []OrganizationType{
		OrganizationBusiness, OrganizationBusinessAssociation, OrganizationLaborUnion, OrganizationNGO,
		OrganizationSurvivorLed, OrganizationFaithBased, OrganizationAcademic, OrganizationFoundation,
		OrganizationInternational, OrganizationGovernment, OrganizationMedia,
	}
}

// Valid reports whether t is on the list.
func (t OrganizationType) Valid() bool { return slices.Contains(OrganizationTypes(), t) }

// Pillar is one of the "3P" of fighting trafficking, or the fourth, partnership.
type Pillar string

// The pillars.
const (
	PillarProsecution Pillar = "prosecution"
	PillarProtection  Pillar = "protection"
	PillarPrevention  Pillar = "prevention"
	PillarPartnership Pillar = "partnership"
)

// Pillars lists every pillar, in the order of the strategy's goals.
func Pillars() []Pillar {
	return []Pillar{PillarProsecution, PillarProtection, PillarPrevention, PillarPartnership}
}

// Valid reports whether p is on the list.
func (p Pillar) Valid() bool { return slices.Contains(Pillars(), p) }

// TraffickingType is one of the two forms of trafficking of the TVPA.
type TraffickingType string

// The types of trafficking.
const (
	LaborTrafficking TraffickingType = "labor"
	SexTrafficking   TraffickingType = "sex"
)

// TraffickingTypes lists every type of trafficking.
func TraffickingTypes() []TraffickingType { return []TraffickingType{LaborTrafficking, SexTrafficking} }

// Valid reports whether t is on the list.
func (t TraffickingType) Valid() bool { return slices.Contains(TraffickingTypes(), t) }

// Topic is a subject that a record is about.
type Topic string

// The topics.
const (
	TopicSupplyChains           Topic = "supply_chains"
	TopicDomesticServitude      Topic = "domestic_servitude"
	TopicResponsibleRecruitment Topic = "responsible_recruitment"
	TopicGovernmentProcurement  Topic = "government_procurement"
	TopicChildSexTrafficking    Topic = "child_sex_trafficking"
	TopicChildSexTourism        Topic = "child_sex_tourism"
	TopicVictimIdentification   Topic = "victim_identification"
	TopicSurvivorServices       Topic = "survivor_services"
	TopicPublicAwareness        Topic = "public_awareness"
	TopicData                   Topic = "data"
	TopicTechnology             Topic = "technology"
	TopicFinance                Topic = "finance"
	TopicLegalFramework         Topic = "legal_framework"
)

// Topics lists every topic.
func Topics() []Topic {
	return []Topic{
		TopicSupplyChains, TopicDomesticServitude, TopicResponsibleRecruitment, TopicGovernmentProcurement,
		TopicChildSexTrafficking, TopicChildSexTourism, TopicVictimIdentification, TopicSurvivorServices,
		TopicPublicAwareness, TopicData, TopicTechnology, TopicFinance, TopicLegalFramework,
	}
}

// Valid reports whether t is on the list.
func (t Topic) Valid() bool { return slices.Contains(Topics(), t) }

// Label is the topic in English words, to be shown; empty for none on the list.
func (t Topic) Label() string { return topicLabels[t] }

var topicLabels = map[Topic]string{
	TopicSupplyChains:           "Supply chains",
	TopicDomesticServitude:      "Domestic servitude",
	TopicResponsibleRecruitment: "Responsible recruitment",
	TopicGovernmentProcurement:  "Government procurement",
	TopicChildSexTrafficking:    "Child sex trafficking",
	TopicChildSexTourism:        "Child sex tourism",
	TopicVictimIdentification:   "Victim identification",
	TopicSurvivorServices:       "Services for survivors",
	TopicPublicAwareness:        "Public awareness",
	TopicData:                   "Data",
	TopicTechnology:             "Technology",
	TopicFinance:                "Finance",
	TopicLegalFramework:         "Legal framework",
}

// EngagementKind is the form of one dated contact.
type EngagementKind string

// The kinds of engagement.
const (
	EngagementMeeting             EngagementKind = "meeting"
	EngagementRoundtable          EngagementKind = "roundtable"
	EngagementBriefing            EngagementKind = "briefing"
	EngagementTraining            EngagementKind = "training"
	EngagementSiteVisit           EngagementKind = "site_visit"
	EngagementMultilateralSession EngagementKind = "multilateral_session"
	EngagementConsultationSession EngagementKind = "consultation_session"
	EngagementCohostedEvent       EngagementKind = "cohosted_event"
	EngagementCorrespondence      EngagementKind = "correspondence"
)

// EngagementKinds lists every kind of engagement.
func EngagementKinds() []EngagementKind {
	return []EngagementKind{
		EngagementMeeting, EngagementRoundtable, EngagementBriefing, EngagementTraining, EngagementSiteVisit,
		EngagementMultilateralSession, EngagementConsultationSession, EngagementCohostedEvent, EngagementCorrespondence,
	}
}

// Valid reports whether k is on the list.
func (k EngagementKind) Valid() bool { return slices.Contains(EngagementKinds(), k) }

// InitiativeStage is how far a policy, message, product or program has come.
type InitiativeStage string

// The stages of an initiative.
const (
	InitiativeAgenda         InitiativeStage = "agenda"
	InitiativeScoping        InitiativeStage = "scoping"
	InitiativeDrafting       InitiativeStage = "drafting"
	InitiativeClearance      InitiativeStage = "clearance"
	InitiativeFinal          InitiativeStage = "final"
	InitiativeImplementation InitiativeStage = "implementation"
	InitiativeEvaluation     InitiativeStage = "evaluation"
)

// InitiativeStages lists every stage of an initiative, from first to last.
func InitiativeStages() []InitiativeStage {
	return []InitiativeStage{
		InitiativeAgenda, InitiativeScoping, InitiativeDrafting, InitiativeClearance,
		InitiativeFinal, InitiativeImplementation, InitiativeEvaluation,
	}
}

// Valid reports whether s is on the list.
func (s InitiativeStage) Valid() bool { return slices.Contains(InitiativeStages(), s) }
