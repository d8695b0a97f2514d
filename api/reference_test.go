package api_test

import (
	"strings"
	"testing"
)

func init() {
	for op, path := range map[string]string{
		"getStrategy": "strategy", "listCountries": "countries", "listCurrencies": "currencies", "listLanguages": "languages", "listCodes": "code-lists",
	} {
		walk[op] = func(*world, *client) call { return call{path: "/v1/" + path} }
	}
}

func TestReferenceDataIsServedToAnyoneAndKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for path, want := range map[string]string{
			"/v1/strategy":   "including survivors, to strengthen federal and global anti-trafficking efforts",
			"/v1/countries":  `{"alpha3":"NAM","code":"NA","name":"Namibia"}`,
			"/v1/currencies": `{"code":"JPY","minor_units":0,"name":"Japanese Yen"}`,
			"/v1/languages":  `{"code":"es","label":"Spanish"}`,
			"/v1/code-lists": `{"code":"supply_chains","label":"Supply chains"}`,
		} {
			r := w.anyone().get(path).want(200)
			if !strings.Contains(string(r.Body), want) {
				t.Errorf("%s: no %s", path, want)
			}
			if got := r.Header.Get("Cache-Control"); got != "public, max-age=300" {
				t.Errorf("%s: Cache-Control %q", path, got)
			}
		}
	})
}
