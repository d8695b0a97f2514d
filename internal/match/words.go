package match

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

func commonWords(words string) map[string]bool {
	m := map[string]bool{}
	for w := range set(words) {
		m[word(w)] = true
	}
	return m
}

// legalForms end (or begin) the names of companies and associations, by country.
var legalForms = set(`
	ltd limited llc llp lp plc inc incorporated corp corporation co company cic lllp pllc pc
	pty proprietary pvt private bhd sdn tbk pt nl
	gmbh ag kg kgaa ohg gbr ug ev eg mbh se
	sa sarl sas sasu snc eurl sca scop srl spa sapa snc scarl sl slu sau sc sab cv rl lda ltda eireli epp
	bv nv vof cvba bvba vzw asbl stichting
	ab aktiebolag as asa ans oy oyj aps ivs hf ehf
	sp zoo z oo spzoo spj sro as kft zrt nyrt rt bt doo dd ad ood eood jsc ojsc cjsc pjsc
	ooo oao zao pao ao too tov pp ip
	ae epe ee ike
	kk gk yk kabushikigaisha kabushiki kaisha goudougaisha yugengaisha
	wll fze fzco fzc saoc saog dmcc psc
`)

// sameForm are forms that stand for one another.
var sameForm = map[string]string{
	"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "proprietary": "pty", "private": "pvt",
	"aktiebolag": "ab", "kabushikigaisha": "kk", "kabushiki": "kk", "kaisha": "kk",
}

// eastAsianForms are legal forms that stand in a name without a space.
var eastAsianForms = map[string]string{
	"株式会社": "kk", "(株)": "kk", "㈱": "kk", "有限会社": "yk", "合同会社": "gk", "股份有限公司": "ltd", "有限责任公司": "ltd",
	"有限公司": "ltd", "주식회사": "ltd", "(주)": "ltd",
}

// stop are the words that a name is told with or without.
var stop = set(`the a an of for and in on at by to with from
	de la le les du des et l d der die das und fur von zu el los las y del da do dos e di il lo gli dei della delle i het een en van voor og och`)

// abbreviations are written out, in the form in which words are compared.
var abbreviations = map[string]string{
	"assoc": "association", "assn": "association", "ass": "association", "associations": "association", "asn": "association",
	"aust": "australia", "austral": "australia", "australian": "australia", "nat": "national", "natl": "national", "intl": "international", "int": "international",
	"govt": "government", "gov": "government", "dept": "department", "dep": "department", "dpt": "department",
	"univ": "university", "uni": "university", "inst": "institute", "institution": "institute", "fed": "federation", "soc": "society", "fdn": "foundation", "found": "foundation",
	"org": "organization", "organisation": "organization", "orgs": "organization", "mgmt": "management", "mgt": "management",
	"svc": "service", "svcs": "service", "serv": "service", "comm": "commission", "cttee": "committee", "cmte": "committee",
	"ctr": "center", "cntr": "center", "centre": "center", "centres": "center", "tech": "technology", "techs": "technology", "mfg": "manufacturing",
	"bros": "brother", "hosp": "hospital", "grp": "group", "hldgs": "holding", "hldg": "holding", "dev": "development", "cncl": "council",
	"nsw": "new south wales", "qld": "queensland", "vic": "victoria", "tas": "tasmania", "usa": "united states", "us": "united states", "uk": "united kingdom", "nz": "new zealand",
	"reps": "representative", "rep": "representative", "ceo": "chief executive officer",
	"chmn": "chairman", "min": "minister", "gral": "general", "gen": "general",
}

// common are words of so many names that they tell few apart.
var common = commonWords(`association council institute group service national australia international government department university federation
	society foundation organization management commission committee center technology manufacturing holding development new south wales queensland
	victoria tasmania united state kingdom zealand community health club shire city regional local representative school company business industry union
	chamber commerce trust fund network alliance board authority agency office ministry minister hospital college care australasia global world
	solution system partner consulting capital energy property housing education research bank insurance`)
