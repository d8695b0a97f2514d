package domain

import "slices"

// Strategy is the office's published strategy, which every record serves.
type Strategy struct {
	Title  string
	Office string
	// Approved is the day the strategy was approved, Updated the day of the text.
	Approved Date
	Updated  Date
	Goals    []Goal
}

// Goal is one of the strategy's goals.
type Goal struct {
	Number int
	Title  string
	// Description says what the goal responds to and what it is linked with.
	Description string
	Objectives  []Objective
}

// Objective is one of a goal's objectives.
type Objective struct {
	// Code is the goal's number and the objective's, such as "4.1".
	Code string
	// Goal is the number of the goal that it belongs to.
	Goal          int
	Title         string
	Justification string
}

// OfficeStrategy is the strategy with all its goals and objectives. Titles are
// those of its outline, texts those of its chapters, word for word.
func OfficeStrategy() Strategy {
	return Strategy{
		Title:    "Functional Bureau Strategy",
		Office:   "Office to Monitor and Combat Trafficking in Persons",
		Approved: "2018-09-12",
		Updated:  "2021-02-16",
		Goals:    Goals(),
	}
}

// Goals lists the strategy's goals, each with its objectives, in order.
func Goals() []Goal {
	all := slices.Clone(goals)
	for i := range all {
		all[i].Objectives = slices.Clone(all[i].Objectives)
	}
	return all
}

// ObjectiveByCode finds an objective by its code, such as "4.1".
func ObjectiveByCode(code string) (Objective, bool) {
	for _, g := range goals {
		for _, o := range g.Objectives {
			if o.Code == code {
				return o, true
			}
		}
	}
	return Objective{}, false
}

var goals = []Goal{
	{
		Number: 1,
		Title: "Strengthen and inform government and civil society effectiveness and response in the prosecution of " +
			"traffickers.",
		Description: "This goal responds to the “3P” paradigm by focusing diplomatic and programmatic efforts toward encouraging " +
			"foreign governments to meet the minimum standards of the TVPA and supporting and building the capacity of " +
			"criminal justice systems (with a victim-centered and trauma-informed approach) and strengthening the rule of " +
			"law (with emphasis on laws and implementation), resulting in the investigation, prosecution, and conviction of " +
			"traffickers, aligning directly with goal 1.3 of the Joint Strategic Plan (JSP) 1.3.",
		Objectives: []Objective{
			{
				Code: "1.1",
				Goal: 1,
				Title: "Support the enactment of laws prohibiting trafficking in persons to meet the minimum standards as defined by " +
					"the TVPA.",
				Justification: "Establishment of a comprehensive legal framework is the foundation of a government’s response to human " +
					"trafficking. Without a comprehensive legal framework, it is difficult, if not impossible, to hold traffickers " +
					"accountable and build victim protection systems, thereby allowing the crime to flourish and seriously impeding " +
					"the provision of comprehensive services to victims. Data related to the enactment of trafficking laws and " +
					"other government-led protocols and prosecution efforts are collected for the annual TIP Report and are key " +
					"elements in measuring foreign governments' efforts to address human trafficking in the area of prosecution.",
			},
			{
				Code: "1.2",
				Goal: 1,
				Title: "Build capacity of foreign law enforcement and other criminal justice practitioners to hold accountable human " +
					"traffickers and officials complicit in trafficking using a victim-centered and trauma-informed approach.",
				Justification: "The enforcement of anti-trafficking laws is the first step in enabling a government to have an effective " +
					"response to human trafficking. Ensuring the criminal justice sectors know how to implement and can sustain the " +
					"legal framework, and eventually bring traffickers to justice is equally important. Without effective justice " +
					"mechanisms, traffickers are not held accountable and there is no deterrent for potential traffickers. " +
					"Performance indicator data related to training and funding trafficking laws and law enforcement organizations " +
					"are collected and are key elements in measuring foreign government efforts to address human trafficking.",
			},
		},
	},
	{
		Number: 2,
		Title: "Strengthen and inform government and civil society effectiveness and response in the protection of human " +
			"trafficking victims.",
		Description: "This goal responds to the mission of the TIP Office, to focus diplomatic and programmatic efforts toward " +
			"meeting the minimum standards of the TVPA and supporting capacity building of victim service providers " +
			"(emphasis on vulnerable populations, trauma-informed care and legal rights) resulting in the protection of " +
			"victims. Victim protection systems increase the likelihood that survivors will receive the comprehensive " +
			"services they need; if these systems cannot function or are not adequately resourced, it likely means that " +
			"victims of trafficking may continue to be exploited, further destabilizing the rule of law and adversely " +
			"affecting JSP Goal 1.3. Victim protection systems also support a trauma-informed approach and access to " +
			"justice systems, allowing traffickers to be held accountable.",
		Objectives: []Objective{
			{
				Code: "2.1",
				Goal: 2,
				Title: "Prioritize the protection of trafficking victims, including through proactive systematic victim identification " +
					"and referral to service providers.",
				Justification: "Protection is a critical component in the “3P” paradigm for fighting human trafficking. Victim protection is " +
					"key to the trauma-informed approach that the United States and the international community take in their " +
					"efforts to combat human trafficking. Effective protection entails proactively identifying victims, providing " +
					"referrals for a comprehensive array of services, providing those services, and supporting survivors as they " +
					"move past their experiences. A lack of protection systems increases likelihood of individuals being exploited " +
					"again and hinders their healing process. Data related to the identification of victims and victim protection " +
					"efforts are collected for the annual TIP Report and are key elements in measuring foreign governments' efforts " +
					"to address human trafficking.",
			},
			{
				Code: "2.2",
				Goal: 2,
				Title: "Provide civil society and government support to increase access to comprehensive and higher quality services " +
					"for trafficking victims.",
				Justification: "Protection is a critical component in the “3P” paradigm for fighting human trafficking. Protection is only " +
					"successful when individuals have access to the services they need, whether provided by nongovernmental service " +
					"providers or foreign governments directly. Access to comprehensive and high-quality care must be sustainable " +
					"and maintained in order for services to be effective, supported through adequate and timely resources. Data " +
					"related to victim access to protection services and capacity building efforts are collected for the TIP Report " +
					"and are key elements in measuring foreign government efforts to address human trafficking.",
			},
		},
	},
	{
		Number: 3,
		Title: "Strengthen and inform government and civil society effectiveness and response in the prevention of human " +
			"trafficking.",
		Description: "This goal responds to the mission of the Office, to focus diplomatic and programmatic efforts toward meeting " +
			"the minimum standards of the TVPA and educating stakeholders and the public on human trafficking, resulting in " +
			"the prevention of the crime. Prevention efforts, such as training and awareness raising toward targeted and " +
			"validated efforts or reducing demand for forced labor or commercial sex, increase security in society, " +
			"consistent with JSP Goal 1.3.",
		Objectives: []Objective{
			{
				Code: "3.1",
				Goal: 3,
				Title: "Improve legal and policy frameworks to prevent the crime of human trafficking by targeting vulnerabilities, " +
					"risk factors, systems, and procedures, meeting the minimum standards as defined by the TVPA.",
				Justification: "Legal and policy frameworks must include prevention measures and activities in order to combat human " +
					"trafficking. Foreign governments are key in leading, coordinating, and cooperating with civil society and the " +
					"private sector to implement anti-trafficking policies by facilitating coordination efforts and oversight to " +
					"implement these policies. When stakeholders work independently, they risk not sharing information, taking " +
					"measures, or implementing policies that more effectively reduce the risks of and vulnerabilities to human " +
					"trafficking. Data related to prevention efforts are collected for the annual TIP Report and are key elements " +
					"in measuring foreign governments' efforts to address human trafficking.",
			},
			{
				Code: "3.2",
				Goal: 3,
				Title: "Educate relevant stakeholders and raise public awareness about risks of all forms of human trafficking, " +
					"including how to prevent forced labor and sex trafficking.",
				Justification: "Prevention is a critical component in the “3P” paradigm for fighting human trafficking. Capacity building and " +
					"training in prevention activities and methods, including stakeholder education and public awareness of human " +
					"trafficking, are fundamental to preventing the crime from occurring. Data related to prevention efforts are " +
					"collected for the annual TIP Report and are key elements in measuring foreign governments' and the TIP " +
					"Office's efforts to address human trafficking.",
			},
		},
	},
	{
		Number: 4,
		Title: "Strengthen and institutionalize comprehensive anti-trafficking policies and strategies through partnerships to " +
			"advance the fight against human trafficking.",
		Description: "This goal responds to the mission of the TIP Office by focusing on creating innovative approaches to combating " +
			"human trafficking and strengthening U.S. government and global efforts through effective partnerships. " +
			"Supporting anti-trafficking organizations, including implementing partners, and leveraging stakeholder " +
			"engagement to achieve the Office's strategic priorities will contribute to accomplishing JSP Goal 1.3 of " +
			"\"counter[ing] instability, transnational crime, and violence that threatens U.S. interests\" and will be more " +
			"possible to achieve using innovative methods that are developed as a result of partnerships.",
		Objectives: []Objective{
			{
				Code: "4.1",
				Goal: 4,
				Title: "Develop initiatives and approaches to combat trafficking, including through multilateral engagements and " +
					"public-private partnerships.",
				Justification: "Innovative initiatives and strategic partnerships with multilateral, public, and private organizations are " +
					"necessary to promote and advance the fight against human trafficking. These efforts are accomplished through " +
					"various diplomatic initiatives, engagements with international organizations, and collaboration with a range " +
					"of stakeholders. Human trafficking is a global problem; the TIP Office risks not being able to accomplish its " +
					"performance goals if it operates in isolation. Results from these efforts are reported using performance " +
					"indicator data, IO reports, and the annual TIP Report.",
			},
			{
				Code: "4.2",
				Goal: 4,
				Title: "Coordinate anti-trafficking efforts within the Department and across the U.S. government to achieve TVPA " +
					"priorities.",
				Justification: "By working with other Department offices and bureaus, we are able to amplify our efforts across a variety of " +
					"areas, including rule of law, victim protection, and prevention efforts, and thereby leverage our limited " +
					"resources. The TIP Office will continue working to institutionalize the fight against human trafficking " +
					"through integration of the issue in the strategies, policies, and programs across the Department and in " +
					"interagency efforts to meet the minimum standards of the TVPA. Results from these efforts are tracked and " +
					"reported by the PITF, U.S. Advisory Council on Human Trafficking, and the annual TIP Report.",
			},
			{
				Code: "4.3",
				Goal: 4,
				Title: "Increase and enhance engagement with the private sector and civil society, including survivors, to strengthen " +
					"federal and global anti-trafficking efforts.",
				Justification: "Engagement with the public, civil society, and the private sector is crucial to the sustainability and reach " +
					"of anti-trafficking efforts in the United States and around the globe. Incorporating the voice of survivors is " +
					"critical to the development of anti-trafficking messaging and an effective U.S. government policy response. " +
					"These efforts are measured through various civil society and private sector initiatives and U.S. " +
					"government-led policies. Civil society and private sector partners are key to sustaining anti-trafficking " +
					"efforts; they should be systematically involved from the outset.",
			},
		},
	},
	{
		Number: 5,
		Title: "Manage TIP Office resources and personnel to advance prosecution, protection, prevention, and partnership " +
			"efforts.",
		Description: "This goal responds to the mission of the TIP Office by supporting goals one through four. Through recruiting, " +
			"training, and retaining talented individuals, properly managing funds to support critical diplomatic " +
			"engagement, judicious review and selection of implementing partners, strong internal management controls, and " +
			"external evaluations, the office and its personnel are better positioned to combat human trafficking. Strong " +
			"human capital and fiscal management supports the TIP Office staff in accomplishing JSP Goal 1.3, “counter[ing] " +
			"instability, transnational crime, and violence that threatens U.S. interests.”",
		Objectives: []Objective{
			{
				Code:  "5.1",
				Goal:  5,
				Title: "Establish a human capital strategy that aligns with the TIP Office vision and mission.",
				Justification: "The effectiveness of the TIP Office depends on its ability to address talent management issues including " +
					"knowledge management, change management, and capacity building. An appropriate level of human resources is " +
					"necessary for proper oversight of foreign assistance, domestic operations, and other office priorities, such " +
					"as travel for diplomatic engagement, the production of the annual TIP Report, and the direction of the " +
					"interagency coordination function. The Office requires a data-driven strategy that outlines the human " +
					"resources and skills required in order for it to meet its stated goals and objectives. This will be developed " +
					"through research and analysis of office staffing needs, gaps, and development needs combined with research on " +
					"diverse recruitment and retention strategies, training, development, and workforce planning.",
			},
			{
				Code: "5.2",
				Goal: 5,
				Title: "Create a culture of program management that strategically aligns to the TIP Office objectives and goals in " +
					"order to prioritize and direct diplomatic engagement and foreign assistance.",
				Justification: "Responsible program management is critical for ensuring the office is achieving its foreign assistance and " +
					"operational goals. Diplomatic engagement, foreign assistance, and other programming decisions will be based on " +
					"strategic priority, programmatic and financial credibility related to the performance of grantees, continued " +
					"need for assistance, results of monitoring and evaluation, and best practices. If program decisions are made " +
					"without consideration of M&E results, analysis or best practices, there is a high risk that the TIP Office " +
					"will not achieve its performance goals and will not efficiently use U.S. taxpayer dollars. These efforts will " +
					"be captured in programming and funding decision as well as annual reviews of the FBS.",
			},
		},
	},
}
