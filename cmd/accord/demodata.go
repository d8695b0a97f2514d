package main

import "accord/domain"

// Everything here is invented. Domains end in .example, which nobody can register
// (RFC 2606), and nobody in it has a name.

const (
	// firstDay is how many days ago the story begins.
	firstDay = 730
	// partnerKey is the organization whose people sign in.
	partnerKey = "harborlight"
)

// offices are where the accounts of a role decide clearances.
var offices = map[domain.Role]string{domain.Staff: "Public Engagement", domain.Liaison: "Survivor Engagement"}

func accountName(r domain.Role) string { return "Demonstration " + string(r) }

// demoOrganization is a row of the table of organizations.
type demoOrganization struct {
	key, name       string
	otherNames      []string
	kind            domain.OrganizationType
	country, sector string
	// attestedBy says who attests that it is led by survivors; empty if it isn't.
	attestedBy string
	stage      domain.OrganizationStage
	since      int
}

var demoOrganizations = []demoOrganization{
	{"harborlight", "Harborlight Freight Ltd", []string{"Harborlight"}, domain.OrganizationBusiness, "US", "488510", "", domain.OrganizationApproved, 700},
	{"tallgrass", "Tallgrass Apparel Inc.", nil, domain.OrganizationBusiness, "US", "315250", "", domain.OrganizationApproved, 695},
	{"bluekiln", "Blue Kiln Ceramics GmbH", nil, domain.OrganizationBusiness, "DE", "327110", "", domain.OrganizationApproved, 690},
	{"mangrovefoods", "Mangrove Foods Sdn. Bhd.", nil, domain.OrganizationBusiness, "MY", "311710", "", domain.OrganizationApproved, 685},
	{"pinebridge", "Pinebridge Payments LLC", nil, domain.OrganizationBusiness, "US", "522320", "", domain.OrganizationApproved, 680},
	{"quietstay", "Quietstay Hotels plc", nil, domain.OrganizationBusiness, "GB", "721110", "", domain.OrganizationApproved, 675},
	{"fieldnote", "Fieldnote Software Inc.", nil, domain.OrganizationBusiness, "US", "513210", "", domain.OrganizationApproved, 670},
	{"cobaltroad", "Cobalt Road Mobility AG", nil, domain.OrganizationBusiness, "CH", "336110", "", domain.OrganizationApproved, 660},
	{"sunloom", "Sunloom Textiles Pvt. Ltd.", nil, domain.OrganizationBusiness, "IN", "313210", "", domain.OrganizationApproved, 650},
	{"northquay", "Northquay Shipping A/S", nil, domain.OrganizationBusiness, "DK", "483111", "", domain.OrganizationApproved, 682},
	{"clearwell", "Clearwell Recruitment Ltd", nil, domain.OrganizationBusiness, "PH", "561311", "", domain.OrganizationApproved, 500},
	{"orchardlane", "Orchard Lane Produce LLC", nil, domain.OrganizationBusiness, "US", "111331", "", domain.OrganizationApproved, 420},
	{"fairfloor", "Fair Floor Retail Association", nil, domain.OrganizationBusinessAssociation, "US", "813910", "", domain.OrganizationApproved, 690},
	{"lanternhouse", "Lantern House Services", nil, domain.OrganizationNGO, "US", "624190", "", domain.OrganizationApproved, 700},
	{"openharvest", "Open Harvest Farmworker Center", nil, domain.OrganizationNGO, "US", "813311", "", domain.OrganizationApproved, 690},
	{"riverhands", "Riverhands Legal Aid", nil, domain.OrganizationNGO, "KE", "541199", "", domain.OrganizationApproved, 685},
	{"brightsill", "Brightsill Shelter Network", nil, domain.OrganizationNGO, "NP", "624221", "", domain.OrganizationApproved, 680},
	{"standtall", "Stand Tall Collective", nil, domain.OrganizationSurvivorLed, "US", "813319", "the organization itself", domain.OrganizationApproved, 690},
	{"ownwords", "Own Words Fellowship", nil, domain.OrganizationNGO, "US", "813319", "the organization itself", domain.OrganizationApproved, 640},
	{"dockworkers", "United Dock and Deck Workers", nil, domain.OrganizationLaborUnion, "US", "813930", "", domain.OrganizationApproved, 680},
	{"stpaulhouse", "Hillside Interfaith Table", nil, domain.OrganizationFaithBased, "US", "813110", "", domain.OrganizationApproved, 670},
	{"eastfield", "Eastfield University Labor Lab", nil, domain.OrganizationAcademic, "US", "611310", "", domain.OrganizationApproved, 665},
	{"keelfund", "Keel Foundation", nil, domain.OrganizationFoundation, "NL", "813211", "", domain.OrganizationApproved, 660},
	{"worldforum", "World Forum on Decent Work", nil, domain.OrganizationInternational, "CH", "928120", "", domain.OrganizationApproved, 690},
	{"seacouncil", "Council of Coastal States", nil, domain.OrganizationInternational, "TH", "928120", "", domain.OrganizationApproved, 600},
	{"longview", "Longview Investigations", nil, domain.OrganizationMedia, "ZA", "516210", "", domain.OrganizationApprovedConditions, 520},
	{"gildedoak", "Gilded Oak Furniture Co.", nil, domain.OrganizationBusiness, "VN", "337122", "", domain.OrganizationApprovedConditions, 480},
	{"provincelabor", "Ministry of Labor of Exampleland", nil, domain.OrganizationGovernment, "", "926150", "", domain.OrganizationApproved, 610},
	{"redtide", "Red Tide Seafoods Ltd", nil, domain.OrganizationBusiness, "TW", "311710", "", domain.OrganizationSuspended, 450},
	{"slategate", "Slategate Mining Corp.", nil, domain.OrganizationBusiness, "CA", "212230", "", domain.OrganizationDebarred, 560},
	{"swiftcrew", "Swiftcrew Staffing LLC", nil, domain.OrganizationBusiness, "AE", "561320", "", domain.OrganizationDeclined, 300},
	{"paperkite", "Paper Kite Toys Inc.", nil, domain.OrganizationBusiness, "US", "339930", "", domain.OrganizationLegalEthicsReview, 40},
	{"amberbay", "Amber Bay Aquaculture", nil, domain.OrganizationBusiness, "EC", "112511", "", domain.OrganizationDueDiligence, 30},
	{"newleaf", "New Leaf Reentry Project", nil, domain.OrganizationNGO, "US", "624310", "", domain.OrganizationScreening, 20},
	{"cedarwell", "Cedarwell Community Clinic", nil, domain.OrganizationNGO, "LB", "621498", "", domain.OrganizationIntake, 10},
	{"highmeadow", "High Meadow Dairy Cooperative", nil, domain.OrganizationBusiness, "US", "112120", "", domain.OrganizationDrafted, 4},
}

// demoAliases are the advisors; the first signs in, the first nine sit on the
// council, and the last two are paused and retired.
var demoAliases = []string{
	"Steady Heron", "Quiet Cedar", "Copper Lark", "Northern Tide", "Bright Pebble", "Calm Prairie", "Eager Linden",
	"Solar Finch", "Gentle Quartz", "Hardy Clover", "Inland Gull", "Lucid Maple", "Merry Stone", "Polar Sail",
}

// marked is a marking with both objectives.
func marked(topic domain.Topic, pillar domain.Pillar, countries ...string) domain.Marking {
	return domain.Marking{
		Objectives: domain.List[string]{"4.1", "4.3"}, Pillars: domain.List[domain.Pillar]{pillar, domain.PillarPartnership},
		TraffickingTypes: domain.List[domain.TraffickingType]{domain.LaborTrafficking}, Topics: domain.List[domain.Topic]{topic}, Countries: countries,
	}
}

var (
	supply      = marked(domain.TopicSupplyChains, domain.PillarPrevention, "MY", "TH", "VN")
	recruitment = marked(domain.TopicResponsibleRecruitment, domain.PillarPrevention, "PH", "NP", "AE")
	services    = marked(domain.TopicSurvivorServices, domain.PillarProtection, "US", "KE")
	finance     = marked(domain.TopicFinance, domain.PillarProsecution, "US", "GB")
	households  = marked(domain.TopicDomesticServitude, domain.PillarProtection, "US")
	data        = marked(domain.TopicData, domain.PillarPrevention, "US", "CH")
	purchasing  = marked(domain.TopicGovernmentProcurement, domain.PillarPrevention, "US")
)

// demoRecommendation is what the council recommends so many days ago; zero or
// less leaves it a draft.
type demoRecommendation struct {
	ago     int
	text    string
	topics  []domain.Topic
	answers []demoAnswer
}

func (d demoRecommendation) agencies() []string {
	out := make([]string, len(d.answers))
	for i, a := range d.answers {
		out[i] = a.agency
	}
	return out
}

// demoAnswer is what an agency answers, and what the council makes of it.
type demoAnswer struct {
	agency   string
	steps    []demoAnswerStep
	assessed []demoVerdict
}

type demoAnswerStep struct {
	act   domain.Action
	ago   int
	words string
}

type demoVerdict struct {
	verdict domain.Verdict
	ago     int
	words   string
}

const (
	laborAgency    = "Labor Standards Agency (demonstration)"
	justiceAgency  = "Justice Programs Agency (demonstration)"
	purchaseAgency = "Federal Purchasing Agency (demonstration)"
)

var demoRecommendations = []demoRecommendation{
	{600, "Pay survivors who advise an agency, for preparing and debriefing as well as for the session.", []domain.Topic{domain.TopicSurvivorServices}, []demoAnswer{
		{laborAgency, []demoAnswerStep{
			{domain.ReviewAgencyResponse, 580, ""}, {domain.AcceptAgencyResponse, 540, "We will publish rates."},
			{domain.BeginAgencyResponse, 500, "A rate sheet is being cleared."}, {domain.ImplementAgencyResponse, 420, "Rates are published and used."},
		}, []demoVerdict{{domain.VerdictSatisfied, 380, "The rates cover preparation and debriefing."}}},
		{justiceAgency, []demoAnswerStep{
			{domain.ReviewAgencyResponse, 570, ""}, {domain.AcceptAgencyResponseInPart, 500, "For sessions; preparation needs a new rule."},
			{domain.BeginAgencyResponse, 300, "The rule is drafted."},
		}, []demoVerdict{{domain.VerdictPartly, 280, "Preparation is most of the work."}}},
	}},
	{590, "Tell survivors what became of their words, in the form in which they gave them.", []domain.Topic{domain.TopicData}, []demoAnswer{
		{justiceAgency, []demoAnswerStep{
			{domain.ReviewAgencyResponse, 560, ""}, {domain.AcceptAgencyResponse, 470, "Agreed."}, {domain.BeginAgencyResponse, 400, "A letter is being tested."},
			{domain.ImplementAgencyResponse, 250, "A letter goes to everyone who was heard."},
		}, []demoVerdict{{domain.VerdictNotSatisfied, 200, "A letter can be found by the wrong person."}}},
	}},
	{380, "Ask contractors who paid the recruitment fees of their workers.", []domain.Topic{domain.TopicGovernmentProcurement, domain.TopicResponsibleRecruitment}, []demoAnswer{
		{purchaseAgency, []demoAnswerStep{
			{domain.ReviewAgencyResponse, 360, ""}, {domain.AcceptAgencyResponse, 330, "A clause will ask it."}, {domain.BeginAgencyResponse, 240, "The clause is open for comment."},
			{domain.ImplementAgencyResponse, 150, "The clause stands in new contracts."},
		}, nil},
		{laborAgency, []demoAnswerStep{{domain.ReviewAgencyResponse, 350, ""}, {domain.DeclineAgencyResponse, 290, "The law gives us no power over contracts."}}, nil},
	}},
	{220, "Train inspectors to notice who speaks for a worker.", []domain.Topic{domain.TopicVictimIdentification}, []demoAnswer{
		{laborAgency, []demoAnswerStep{
			{domain.ReviewAgencyResponse, 200, ""}, {domain.AcceptAgencyResponse, 170, "In next year's course."}, {domain.OvertakeAgencyResponse, 60, "A statute now requires it of everyone."},
		}, nil},
		{justiceAgency, []demoAnswerStep{{domain.ReviewAgencyResponse, 190, ""}, {domain.AcceptAgencyResponse, 120, "We will."}}, nil},
	}},
	{90, "Let no letter of an agency name the crime on its envelope.", []domain.Topic{domain.TopicSurvivorServices}, []demoAnswer{
		{justiceAgency, []demoAnswerStep{{domain.ReviewAgencyResponse, 70, ""}, {domain.AcceptAgencyResponseInPart, 30, "For letters that we send ourselves."}}, nil},
		{laborAgency, []demoAnswerStep{{domain.ReviewAgencyResponse, 60, ""}}, nil},
		{purchaseAgency, nil, nil},
	}},
	{-1, "Publish how long each agency takes to answer.", []domain.Topic{domain.TopicData}, []demoAnswer{{laborAgency, nil, nil}}},
}

// demoInitiative is put on the agenda so many days ago and moves on at each of
// the advances; the reason is given where a group is unheard at clearance.
type demoInitiative struct {
	key, title, summary string
	marking             domain.Marking
	ago                 int
	advances            []int
	reason              string
}

var demoInitiatives = []demoInitiative{
	{"fees", "No worker pays for the job", "A rule against recruitment fees in purchasing.", recruitment, 660, []int{560, 480, 400, 330, 250, 60}, ""},
	{"notices", "Notices that workers can read", "A kit of notices in the words of those who needed them.", services, 610, []int{540, 450, 380, 290, 200}, ""},
	{"ledger", "Signals in payments", "Guidance for payment companies on patterns of exploitation.", finance, 540, []int{450, 380, 310, 240}, "Civil society was asked three times and had no one to send."},
	{"vessels", "Visits aboard", "A program of visits to vessels in port.", supply, 440, []int{360, 280, 150}, ""},
	{"homes", "Work in other people's homes", "What domestic workers are told when they are hired.", households, 320, []int{230, 110}, ""},
	{"figures", "Figures that agree", "A standard for counting who was helped.", data, 200, []int{80}, ""},
	{"contracts", "Questions before a contract", "What a buyer asks before an award.", purchasing, 85, nil, ""},
}

// demoEngagement is planned a month before its day, which lies ahead where ago
// is below zero.
type demoEngagement struct {
	ago           int
	kind          domain.EngagementKind
	title         string
	initiative    string
	marking       domain.Marking
	location      string
	organizations []string
	advisors      int
	unpaid        bool
	stage         domain.EngagementStage
	decisions     []string
	tasks         []demoTask
	// waiting says that nobody has answered the invitation.
	waiting bool
}

type demoTask struct {
	title string
	stage domain.TaskStage
}

var demoEngagements = []demoEngagement{
	{ago: 620, kind: domain.EngagementRoundtable, title: "Who pays for the job", initiative: "fees", marking: recruitment, location: "Room 3", organizations: []string{"harborlight", "tallgrass", "openharvest"}, advisors: 4, stage: domain.EngagementClosed, decisions: []string{"Ask every supplier the same three questions."}, tasks: []demoTask{{"Send the three questions", domain.TaskDone}}},
	{ago: 590, kind: domain.EngagementMultilateralSession, title: "Session on decent work at sea", marking: supply, location: "Geneva", organizations: []string{"worldforum", "northquay", "dockworkers"}, stage: domain.EngagementClosed, decisions: []string{"Compare the forms of both ports."}},
	{ago: 570, kind: domain.EngagementConsultationSession, title: "What a notice should say", initiative: "notices", marking: services, location: "Online", organizations: []string{"standtall", "lanternhouse", "quietstay"}, advisors: 12, stage: domain.EngagementClosed, decisions: []string{"No picture of chains."}, tasks: []demoTask{{"Have the words translated", domain.TaskDropped}}},
	{ago: 505, kind: domain.EngagementMeeting, title: "Payments: first talk", initiative: "ledger", marking: finance, location: "Room 1", organizations: []string{"pinebridge"}, stage: domain.EngagementClosed, decisions: []string{"Meet again with examples."}},
	{ago: 470, kind: domain.EngagementRoundtable, title: "What a payment shows", initiative: "ledger", marking: finance, location: "Online", organizations: []string{"pinebridge", "fieldnote"}, advisors: 12, unpaid: true, stage: domain.EngagementClosed, decisions: []string{"List the patterns that harm nobody who is innocent."}},
	{ago: 430, kind: domain.EngagementTraining, title: "How to speak with a survivor", marking: services, location: "Training center", organizations: []string{"quietstay", "clearwell", "harborlight", "tallgrass"}, advisors: 2, stage: domain.EngagementClosed, decisions: []string{"Repeat it each year."}},
	{ago: 400, kind: domain.EngagementSiteVisit, title: "A day at the terminal", initiative: "vessels", marking: supply, location: "Pier 12", organizations: []string{"harborlight", "dockworkers"}, advisors: 3, stage: domain.EngagementClosed, decisions: []string{"Crew are to be met without their officers."}},
	{ago: 345, kind: domain.EngagementMultilateralSession, title: "Coastal states on inspections", initiative: "vessels", marking: supply, location: "Bangkok", organizations: []string{"seacouncil", "worldforum", "northquay"}, stage: domain.EngagementClosed, decisions: []string{"Share the list of vessels visited."}},
	{ago: 320, kind: domain.EngagementRoundtable, title: "The year in review with advisors", marking: services, location: "Online", organizations: []string{"ownwords", "standtall"}, advisors: 12, stage: domain.EngagementClosed, decisions: []string{"Questions come a week ahead."}},
	{ago: 280, kind: domain.EngagementConsultationSession, title: "Hired into a home", initiative: "homes", marking: households, location: "Community hall", organizations: []string{"standtall", "stpaulhouse", "fairfloor"}, advisors: 5, stage: domain.EngagementClosed, decisions: []string{"Say who to call before saying what is forbidden."}},
	{ago: 215, kind: domain.EngagementCohostedEvent, title: "Fair by design", marking: supply, location: "Eastfield University", organizations: []string{"eastfield", "sunloom", "bluekiln"}, stage: domain.EngagementClosed, decisions: []string{"Publish the talks."}},
	{ago: 190, kind: domain.EngagementRoundtable, title: "Advisors' spring roundtable", marking: services, location: "Online", organizations: []string{"ownwords"}, advisors: 12, stage: domain.EngagementClosed, decisions: []string{"Pay within ten days."}},
	{ago: 165, kind: domain.EngagementMeeting, title: "Counting the same thing", initiative: "figures", marking: data, location: "Room 2", organizations: []string{"eastfield", "fieldnote", "riverhands"}, stage: domain.EngagementClosed, decisions: []string{"Write down what is counted before counting."}},
	{ago: 130, kind: domain.EngagementMultilateralSession, title: "Forum on recruitment corridors", marking: recruitment, location: "Geneva", organizations: []string{"worldforum", "clearwell", "provincelabor"}, stage: domain.EngagementClosed, decisions: []string{"Name a contact in each country."}},
	{ago: 95, kind: domain.EngagementBriefing, title: "What the council recommends", marking: services, location: "Online", organizations: []string{"fairfloor", "keelfund"}, advisors: 12, stage: domain.EngagementClosed, decisions: []string{"Answer in ninety days."}},
	{ago: 50, kind: domain.EngagementRoundtable, title: "Before an award", initiative: "contracts", marking: purchasing, location: "Room 3", organizations: []string{"fairfloor", "cobaltroad", "openharvest"}, advisors: 3, stage: domain.EngagementClosed, decisions: []string{"Ask about fees first."}},
	{ago: 15, kind: domain.EngagementConsultationSession, title: "Advisors on the open consultation", marking: recruitment, location: "Online", organizations: []string{"standtall"}, advisors: 12, stage: domain.EngagementOutcomeRecorded, decisions: []string{"Explain what a fee is."}, tasks: []demoTask{{"Rewrite question two", domain.TaskOpen}}},
	{ago: 3, kind: domain.EngagementMeeting, title: "Terminal visit: what to ask", initiative: "vessels", marking: supply, location: "Room 1", organizations: []string{"harborlight", "dockworkers"}, advisors: 2, stage: domain.EngagementHeld},
	{ago: 8, kind: domain.EngagementTraining, title: "Front desk training", marking: services, location: "Training center", organizations: []string{"quietstay"}, stage: domain.EngagementCancelled},
	{ago: -6, kind: domain.EngagementSiteVisit, title: "Second day at the terminal", initiative: "vessels", marking: supply, location: "Pier 12", organizations: []string{"harborlight", "dockworkers", "northquay"}, advisors: 2, stage: domain.EngagementConfirmed},
	{ago: -10, kind: domain.EngagementMeeting, title: "Seafood supply chains", marking: supply, location: "Online", organizations: []string{"mangrovefoods", "longview"}, stage: domain.EngagementInvited, waiting: true},
	{ago: -7, kind: domain.EngagementBriefing, title: "Furniture and forests", marking: supply, location: "Online", organizations: []string{"gildedoak"}, stage: domain.EngagementDeclined, waiting: true},
	{ago: -4, kind: domain.EngagementCohostedEvent, title: "Retailers' open day", marking: supply, location: "Hall B", organizations: []string{"fairfloor", "tallgrass"}, stage: domain.EngagementPostponed, waiting: true},
	{ago: -25, kind: domain.EngagementCorrespondence, title: "Letter to the orchard growers", marking: recruitment, location: "By post", organizations: []string{"orchardlane"}, advisors: 1, stage: domain.EngagementPlanned},
}

// demoConsultation opens and closes so many days ago, or lies ahead.
type demoConsultation struct {
	title, purpose, initiative string
	marking                    domain.Marking
	since, opens, closes       int
	stage                      domain.ConsultationStage
	// So many partners, advisors and others answer.
	partners, advisors, anonymous int
	excluded                      []string
}

var demoConsultations = []demoConsultation{
	{"Notices that workers can read", "To find words that help.", "notices", services, 575, 560, 520, domain.ConsultationArchived, 13, 11, 12, nil},
	{"Signals in payments", "To know which patterns matter and which mislead.", "ledger", finance, 322, 305, 265, domain.ConsultationPublished, 26, 12, 16, []string{"slategate"}},
	{"Work in other people's homes", "To learn what is said at hiring.", "homes", households, 240, 225, 190, domain.ConsultationPublished, 12, 3, 3, nil},
	{"Counting who was helped", "To agree on what is counted.", "figures", data, 130, 115, 60, domain.ConsultationResponseDrafting, 6, 2, 3, nil},
	{"Visits aboard", "To hear what crews can say, and when.", "vessels", supply, 90, 75, 25, domain.ConsultationAnalysis, 5, 2, 3, nil},
	{"Questions before an award", "To choose ten questions.", "contracts", purchasing, 55, 40, 4, domain.ConsultationClosed, 6, 1, 0, nil},
	{"No worker pays for the job", "To learn who pays, and what a fee is.", "fees", recruitment, 25, 12, -18, domain.ConsultationOpen, 9, 3, 5, []string{"gildedoak"}},
	{"Front desks", "To write a page for hotels.", "", services, 30, 16, -25, domain.ConsultationPaused, 2, 0, 0, nil},
	{"Letters without subjects", "To test a letter.", "", services, 12, -3, -33, domain.ConsultationScheduled, 0, 0, 0, nil},
	{"Orchards", "To prepare a visit.", "", recruitment, 8, -14, -44, domain.ConsultationClearance, 0, 0, 0, nil},
	{"Shared figures", "To compare forms.", "", data, 2, -30, -60, domain.ConsultationDrafted, 0, 0, 0, nil},
}

var demoQuestions = []domain.Question{
	{Key: "role", Kind: domain.SingleChoiceQuestion, Prompt: "From where do you look at this?", Required: true, Options: []domain.Option{
		{Key: "work", Label: "My own work"}, {Key: "service", Label: "A service"}, {Key: "business", Label: "A business"}, {Key: "other", Label: "Elsewhere"},
	}},
	{Key: "ready", Kind: domain.ScaleQuestion, Prompt: "How far is this from what you do today?", Scale: &domain.Scale{Min: 1, Max: 5, MinLabel: "far", MaxLabel: "near"}},
	{Key: "helps", Kind: domain.MultipleChoiceQuestion, Prompt: "What would help?", Options: []domain.Option{
		{Key: "money", Label: "Money"}, {Key: "time", Label: "Time"}, {Key: "words", Label: "Plain words"},
	}},
	{Key: "words", Kind: domain.TextQuestion, Prompt: "In your own words?", ContentWarning: "Write no more than you wish to be read."},
}

var demoThemes = []string{
	"plain words come first", "pay for time", "ask people early", "too much to report", "not for this office", "said twice",
}

// demoAnswers are somebody's answers, each in turn.
func demoAnswers(i int) []domain.Answer {
	scale := i%5 + 1
	out := []domain.Answer{
		{Question: "role", Choice: []string{"work", "service", "business", "other"}[i%4]},
		{Question: "ready", Scale: &scale},
		{Question: "helps", Choices: []string{"money", "time", "words"}[:i%3+1]},
		{Question: "words", Text: "Please: " + demoThemes[i%len(demoThemes)] + "."},
	}
	if i%7 == 6 {
		out[1] = domain.Answer{Question: "ready", PreferNotToAnswer: true}
	}
	return out
}

// demoPartnership begins as a concept so many days ago, takes a step every two
// weeks, and ends, or falls due, so many days ago.
type demoPartnership struct {
	key, title, purpose string
	kind                domain.PartnershipKind
	members             []string
	marking             domain.Marking
	ago, due            int
	stage               domain.PartnershipStage
	// sentBack says that the memorandum was written twice.
	sentBack, published bool
}

var demoPartnerships = []demoPartnership{
	{"ports", "Safe Ports Exchange", "To tell inspectors where to look.", domain.PartnershipLongTerm, []string{"harborlight", "northquay", "dockworkers"}, supply, 610, -200, domain.PartnershipActive, true, true},
	{"looms", "Traceable Looms", "To know who wove it.", domain.PartnershipLongTerm, []string{"tallgrass", "sunloom"}, supply, 600, 120, domain.PartnershipRenewed, false, true},
	{"words", "Own Words Library", "To keep notices that work.", domain.PartnershipLongTerm, []string{"ownwords", "keelfund"}, services, 590, 30, domain.PartnershipReapprovalDue, false, true},
	{"signals", "Payment Signals", "To find patterns that harm nobody innocent.", domain.PartnershipLongTerm, []string{"pinebridge", "fieldnote"}, finance, 580, 90, domain.PartnershipExpired, false, false},
	{"fairday", "Fair by Design Day", "One day on design.", domain.PartnershipCohosted, []string{"eastfield", "bluekiln"}, supply, 400, 210, domain.PartnershipClosedOut, false, true},
	{"minerals", "Mineral Origins", "To trace a mineral.", domain.PartnershipLongTerm, []string{"cobaltroad"}, supply, 560, 260, domain.PartnershipEvaluated, false, false},
	{"kitchens", "Hotel Kitchens", "To reach staff agencies.", domain.PartnershipLongTerm, []string{"quietstay"}, recruitment, 420, 70, domain.PartnershipTerminated, false, false},
	{"corridors", "Fair Corridors", "To name a contact in each country.", domain.PartnershipLongTerm, []string{"clearwell", "riverhands", "worldforum"}, recruitment, 260, -400, domain.PartnershipActive, false, true},
	{"orchards", "Orchard Housing", "To inspect housing together.", domain.PartnershipLongTerm, []string{"orchardlane", "openharvest"}, households, 100, -500, domain.PartnershipSigned, false, false},
	{"kilns", "Clean Kilns", "To visit kilns.", domain.PartnershipLongTerm, []string{"bluekiln", "brightsill"}, supply, 85, -450, domain.PartnershipApproved, false, false},
	{"retail", "Retailers' Open Day", "To show what was found.", domain.PartnershipCohosted, []string{"fairfloor"}, supply, 65, -60, domain.PartnershipClearances, false, false},
	{"shared", "Shared Figures", "To count the same thing.", domain.PartnershipLongTerm, []string{"eastfield", "fieldnote"}, data, 45, -600, domain.PartnershipMemoDrafted, false, false},
	{"faith", "Hillside Welcome", "To welcome domestic workers.", domain.PartnershipLongTerm, []string{"stpaulhouse"}, households, 20, -700, domain.PartnershipDueDiligence, false, false},
	{"foods", "Mangrove Labels", "To label what was checked.", domain.PartnershipLongTerm, []string{"mangrovefoods"}, supply, 6, -700, domain.PartnershipConcept, false, false},
}

// demoCommitment is promised so many days ago and due so many days ago.
type demoCommitment struct {
	organization, partnership, title, text string
	marking                                domain.Marking
	dollars                                int64
	indicatorTitle, unit                   string
	ago, due, ended                        int
	stage                                  domain.CommitmentStage
	// quarters is how many are reported on; each report is later than the one
	// before by lateness, and the last one stays at lastReport.
	quarters, lateness  int
	lastReport          domain.ProgressReportStage
	returned, published bool
	amendments          []domain.AmendmentStage
}

// accepted reports whether the commitment gets as far as that.
func (d demoCommitment) accepted() bool {
	switch d.stage {
	case domain.CommitmentDrafted, domain.CommitmentSubmitted, domain.CommitmentReturned:
		return false
	}
	return true
}

var demoCommitments = []demoCommitment{
	{"harborlight", "ports", "Train every gate crew", "By the due date every gate crew of ours has taken the course.", supply, 120000, "Crew trained", "people", 520, 60, 40, domain.CommitmentComplete, 4, 0, domain.ProgressReportAccepted, true, true, []domain.AmendmentStage{domain.AmendmentApproved}},
	{"harborlight", "ports", "A hotline on every quay", "We put up and answer a hotline on each quay.", supply, 45000, "Quays with a hotline", "quays", 330, -120, 0, domain.CommitmentActive, 3, 0, domain.ProgressReportAccepted, false, true, []domain.AmendmentStage{domain.AmendmentDeclined}},
	{"harborlight", "", "Pay back recruitment fees", "We pay back what our workers paid to be hired.", recruitment, 300000, "Workers paid back", "people", 150, -300, 0, domain.CommitmentActive, 1, 0, domain.ProgressReportSubmitted, false, true, []domain.AmendmentStage{domain.AmendmentProposed}},
	{"northquay", "ports", "Share crew lists with inspectors", "We share crew lists before arrival.", supply, 0, "Arrivals with a list", "arrivals", 480, 30, 0, domain.CommitmentActive, 2, 0, domain.ProgressReportReturned, false, true, nil},
	{"tallgrass", "looms", "Publish our second tier", "We publish every supplier of our suppliers.", supply, 0, "Suppliers published", "suppliers", 540, 150, 100, domain.CommitmentPartlyMet, 3, 25, domain.ProgressReportAccepted, false, true, nil},
	{"sunloom", "looms", "End paper contracts in a language nobody reads", "Each contract is in the worker's language.", recruitment, 25000, "Contracts translated", "contracts", 500, 130, 80, domain.CommitmentNotMet, 2, 40, domain.ProgressReportAccepted, false, true, nil},
	{"pinebridge", "signals", "Review every flagged account within a day", "A person reviews each flag.", finance, 0, "Flags reviewed", "flags", 450, 200, 170, domain.CommitmentComplete, 2, 0, domain.ProgressReportAccepted, false, false, nil},
	{"fieldnote", "", "Give away our case tool", "Any service may use it for nothing.", data, 80000, "Services using it", "services", 260, -200, 0, domain.CommitmentActive, 2, 0, domain.ProgressReportAccepted, false, true, nil},
	{"quietstay", "kitchens", "Meet agencies' staff without the agency", "Twice a year in each hotel.", recruitment, 0, "Meetings", "meetings", 360, 80, 50, domain.CommitmentLapsed, 1, 0, domain.ProgressReportAccepted, false, false, nil},
	{"cobaltroad", "minerals", "Buy from visited mines only", "No purchase without a visit.", supply, 0, "Mines visited", "mines", 430, 60, 250, domain.CommitmentWithdrawn, 1, 0, domain.ProgressReportAccepted, false, false, nil},
	{"clearwell", "corridors", "No fee, in writing", "Each worker gets it in writing before travel.", recruitment, 10000, "Workers told", "people", 170, -250, 0, domain.CommitmentActive, 1, 0, domain.ProgressReportDrafted, false, true, nil},
	{"bluekiln", "", "Visit every kiln", "Unannounced, with an interpreter.", supply, 60000, "Kilns visited", "kilns", 240, 5, 4, domain.CommitmentClaimed, 2, 0, domain.ProgressReportAccepted, false, true, nil},
	{"mangrovefoods", "", "Keep passports where their owners want them", "In a locker whose key the owner has.", supply, 0, "Lockers in use", "lockers", 300, -60, 0, domain.CommitmentActive, 0, 0, "", false, true, nil},
	{"fairfloor", "", "A clause for two hundred members", "Members sign the clause.", supply, 0, "Members signed", "members", 60, -330, 0, domain.CommitmentAccepted, 0, 0, "", false, true, nil},
	{"keelfund", "", "Fund ten own-words projects", "Without asking for stories.", services, 500000, "Projects funded", "projects", 25, -360, 0, domain.CommitmentActive, 0, 0, "", false, false, nil},
	{"orchardlane", "", "Repair the housing", "Before the next harvest.", households, 90000, "Houses repaired", "houses", 12, -180, 0, domain.CommitmentSubmitted, 0, 0, "", false, false, nil},
	{"gildedoak", "", "Trace the oak", "To the forest.", supply, 0, "Batches traced", "batches", 15, -200, 0, domain.CommitmentReturned, 0, 0, "", false, false, nil},
	{"openharvest", "", "Meet every crew in the first week", "With an interpreter.", recruitment, 0, "Crews met", "crews", 5, -150, 0, domain.CommitmentDrafted, 0, 0, "", false, false, nil},
}

// demoMilestones are those of every commitment, a quarter apart.
var demoMilestones = []string{"Begin at one site", "Reach half of the sites", "Reach every site"}

// demoRelationship is what one organization is to another.
type demoRelationship struct {
	of       string
	kind     domain.RelationshipKind
	to       string
	since    int
	evidence string
}

var demoRelationships = []demoRelationship{
	{"harborlight", domain.MemberOf, "fairfloor", 1500, "The association's list of members."},
	{"quietstay", domain.MemberOf, "fairfloor", 900, "The association's list of members."},
	{"sunloom", domain.SubsidiaryOf, "tallgrass", 2200, "The parent's annual report."},
	{"northquay", domain.AffiliateOf, "harborlight", 1100, "A joint venture in the trade register."},
	{"ownwords", domain.FiscallySponsoring, "keelfund", 640, "The agreement of the two."},
}

// demoApplication is an organization that asks to be let in. The first is on file
// already, under a name that reads otherwise.
type demoApplication struct {
	ago                                int
	name, website, country, email, why string
	kind                               domain.OrganizationType
	declined                           string
}

var demoApplications = []demoApplication{
	{6, "Lantern House Service Inc", "https://www.lanternhouse.example", "US", "office@lanternhouse.example",
		"We house people who leave domestic servitude and would take part in the roundtables.", domain.OrganizationNGO, ""},
	{2, "Saltmeadow Fishing Cooperative", "https://saltmeadow.example", "PH", "desk@saltmeadow.example",
		"Our members want to report on recruitment fees.", domain.OrganizationBusiness, ""},
	{30, "Everbright Staffing Solutions", "https://everbright.example", "US", "sales@everbright.example",
		"We offer our services to the office.", domain.OrganizationBusiness, "The office buys nothing by partnerships; contracts are offered in public."},
}
