package api_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// iatiElement is what the schema of IATI 2.03 says of one element, as far as
// Accord writes it.
type iatiElement struct {
	// holds are the children in their order, each with a space behind it; text
	// the element's own.
	holds, text string
	// has are the attributes that there must be, may those that there may be.
	has, may map[string]string
}

// The lexical forms that the schema's types have, and a choice from a code list
// where the standard, not the schema, has one.
const (
	someText  = `(?s).*\S.*`
	isoDay    = `\d{4}-\d\d-\d\d`
	xmlBool   = `true|false|0|1`
	xmlAmount = `[+-]?\d+(\.\d+)?`
)

// iati203 is from iati-activities-schema.xsd and iati-common.xsd, release 2.03;
// the codes are from its code lists.
var iati203 = map[string]iatiElement{
	"iati-activities": {holds: `(iati-activity )+`, has: map[string]string{"version": `2\.03`},
		may: map[string]string{"generated-datetime": isoDay + `T\d\d:\d\d:\d\dZ`}},
	"iati-activity": {holds: `iati-identifier reporting-org title (description )+(participating-org )+activity-status (activity-date )+` +
		`(recipient-country )*(sector )*(tag )*(budget )*(related-activity )*(result )*`, may: map[string]string{"lang": `en`}},
	"iati-identifier":   {text: `[^/&|?\s]+`},
	"reporting-org":     {holds: `(narrative )+`, has: map[string]string{"ref": someText, "type": `[1-9]\d`}},
	"title":             {holds: `(narrative )+`},
	"description":       {holds: `(narrative )+`},
	"comment":           {holds: `(narrative )*`},
	"narrative":         {text: someText},
	"participating-org": {holds: `(narrative )*`, has: map[string]string{"role": `[1-4]`}, may: map[string]string{"ref": someText, "type": `[1-9]\d`}},
	"activity-status":   {has: map[string]string{"code": `[1-6]`}},
	"activity-date":     {has: map[string]string{"type": `[1-4]`, "iso-date": isoDay}},
	"recipient-country": {has: map[string]string{"code": `[A-Z]{2}`}},
	"sector":            {holds: `(narrative )*`, has: map[string]string{"vocabulary": `\d{1,2}`, "code": someText}},
	"tag":               {holds: `(narrative )*`, has: map[string]string{"vocabulary": `\d{1,2}`, "code": someText}},
	"budget":            {holds: `period-start period-end value `, may: map[string]string{"type": `[12]`, "status": `[12]`}},
	"period-start":      {has: map[string]string{"iso-date": isoDay}},
	"period-end":        {has: map[string]string{"iso-date": isoDay}},
	"value":             {text: xmlAmount, has: map[string]string{"value-date": isoDay}, may: map[string]string{"currency": `[A-Z]{3}`}},
	"related-activity":  {has: map[string]string{"ref": someText, "type": `[1-5]`}},
	"result":            {holds: `title (description )?(indicator )+`, has: map[string]string{"type": `[1239]`}, may: map[string]string{"aggregation-status": xmlBool}},
	"indicator": {holds: `title (description )?(baseline )*(period )*`, has: map[string]string{"measure": `[1-5]`},
		may: map[string]string{"ascending": xmlBool, "aggregation-status": xmlBool}},
	"baseline": {holds: `(comment )?`, has: map[string]string{"year": `[1-9]\d*`}, may: map[string]string{"value": someText, "iso-date": isoDay}},
	"period":   {holds: `period-start period-end (target )*(actual )*`},
	"target":   {holds: `(comment )?`, may: map[string]string{"value": someText}},
	"actual":   {holds: `(comment )?`, may: map[string]string{"value": someText}},
}

// iatiFaults lists what is not as IATI 2.03 has it, and counts the activities.
func iatiFaults(body []byte) (faults []string, activities int) {
	type node struct {
		XMLName  xml.Name
		Attrs    []xml.Attr `xml:",any,attr"`
		Text     string     `xml:",chardata"`
		Children []node     `xml:",any"`
	}
	var root node
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&root); err != nil {
		return []string{err.Error()}, 0
	}
	fault := func(at, format string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(format, args...)) }
	is := func(pattern, s string) bool { return regexp.MustCompile(`^(` + pattern + `)$`).MatchString(s) }
	var check func(at string, n node)
	check = func(at string, n node) {
		at += "/" + n.XMLName.Local
		rule, ok := iati203[n.XMLName.Local]
		if !ok || n.XMLName.Space != "" {
			fault(at, "no such element")
			return
		}
		there := map[string]bool{}
		for _, a := range n.Attrs {
			there[a.Name.Local] = true
			pattern, ok := rule.has[a.Name.Local]
			if !ok {
				pattern, ok = rule.may[a.Name.Local]
			}
			if !ok || !is(pattern, a.Value) {
				fault(at, "%s is %q", a.Name.Local, a.Value)
			}
		}
		for name := range rule.has {
			if !there[name] {
				fault(at, "no %s", name)
			}
		}
		if text := strings.TrimSpace(n.Text); !is(rule.text, text) {
			fault(at, "the text is %q", text)
		}
		var holds strings.Builder
		for _, child := range n.Children {
			holds.WriteString(child.XMLName.Local + " ")
			check(at, child)
		}
		if !is(rule.holds, holds.String()) {
			fault(at, "holds %s", holds.String())
		}
	}
	check("", root)
	return faults, len(root.Children)
}

func TestTheRegisterIsAFileOfIATIActivities(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.anyone().get("/v1/register/activities.xml").want(404) // nothing is published
		v := w.tellingCommitment("Audit & <tell>")
		w.publishedPartnership()
		got := w.anyone().get("/v1/register/activities.xml").want(200)
		for _, fact := range []string{
			`<iati-identifier>US-GOV-11-` + string(v.ID), `<reporting-org ref="US-GOV-11" type="10">`,
			`<activity-status code="2">`, `<recipient-country code="MY">`, `<value currency="USD" value-date="2026-03-02">123456.78</value>`,
			`<narrative>Audit &amp; &lt;tell&gt;</narrative>`, `<target value="41">`, `<actual value="11">`, "verified: 9, with high confidence",
		} {
			if !strings.Contains(string(got.Body), fact) {
				t.Errorf("no %s in %s", fact, got.Body)
			}
		}
		faults, n := iatiFaults(got.Body)
		if n != 2 || len(faults) > 0 {
			t.Errorf("%d activities; %v in %s", n, faults, got.Body)
		}
	})
}

// TestWhatIsNotIATIIsFound breaks a file that is, in each way that the schema
// knows.
func TestWhatIsNotIATIIsFound(t *testing.T) {
	const good = `<iati-activities version="2.03"><iati-activity><iati-identifier>X-1</iati-identifier><reporting-org ref="X" type="10"><narrative>X</narrative></reporting-org>` +
		`<title><narrative>T</narrative></title><description><narrative>D</narrative></description><participating-org role="4"></participating-org>` +
		`<activity-status code="2"></activity-status><activity-date type="1" iso-date="2026-01-01"></activity-date>` +
		`<result type="1"><title><narrative>R</narrative></title><indicator measure="1"><title><narrative>I</narrative></title></indicator></result></iati-activity></iati-activities>`
	if faults, _ := iatiFaults([]byte(good)); len(faults) > 0 {
		t.Fatal(faults)
	}
	for from, to := range map[string]string{
		`version="2.03"`: ``, `2.03`: `2.02`, `role="4"`: `role="5"`, `iso-date="2026-01-01"`: `iso-date="01/02/2026"`,
		`<activity-status code="2"></activity-status>`: ``, `<narrative>T</narrative>`: ``, `<narrative>D</narrative>`: `D`, `X-1`: `X/1`,
		`<indicator measure="1">`: `<indicator>`, `<result type="1">`: `<result type="1" until="never">`,
		`</result>`: `</result><budget></budget>`, `<iati-activity>`: `<iati-activity xmlns="urn:other">`, `</iati-activities>`: ``,
	} {
		if faults, _ := iatiFaults([]byte(strings.Replace(good, from, to, 1))); len(faults) == 0 {
			t.Errorf("%q in the place of %q is not found", to, from)
		}
	}
}
