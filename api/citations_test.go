package api_test

import (
	"testing"

	"accord/api"
	"accord/domain"
)

func TestAnElementCitesDocumentsThatCanBeRead(t *testing.T) {
	scanner, _ := scannerAt(t, 200_000)
	eachWith(t, func(o *api.Options) { o.Scanner = scanner }, func(t *testing.T, w *world) {
		scanned := func(id, number string) {
			must(t, w.server.Jobs()["document.scan"](t.Context(), w.system(), []byte(`{"document":"`+id+`","number":`+number+`}`)))
		}
		var kept, removed, elsewhere string
		cites := func(ids ...string) map[string]any {
			return map[string]any{"state": "provided", "document_ids": ids}
		}
		path, asks, decides := w.redraft(func(path string, asks *client) {
			kept = asks.evidence("partnership", path).want(201).str("id")
			removed = asks.evidence("partnership", path).want(201).str("id")
			elsewhere = asks.evidence("partnership", w.partnershipFor(asks, domain.PartnershipConcept)).want(201).str("id")
			asks.write(path, "risks", cites(kept)).want(422).fault("/document_ids/0", "invalid") // it waits for the scanner
			for _, id := range []string{kept, removed, elsewhere} {
				scanned(id, "1")
			}
			asks.write(path, "risks", cites(kept, elsewhere)).want(422).fault("/document_ids/1", "unknown_value")
			asks.write(path, "risks", cites(absentID)).want(422).fault("/document_ids/0", "unknown_value")
			not := cites(kept)
			not["state"], not["reason"] = "not_applicable", "No."
			asks.write(path, "assistance", not).want(422).fault("/text", "invalid")
			asks.write(path, "risks", cites(kept, removed)).want(200)
		})
		if got := asks.get(path + "/readiness?for=approval").want(200); got.at("ready") != true {
			t.Errorf("what can be read is a gap: %s", got.Body)
		}
		asks.move("/v1/documents/"+removed, "remove", map[string]string{"reason": "The wrong one."}).want(200)
		decides.refusedFor(path, "/elements/risks", "lapsed", "it cites “report.pdf”: the document was removed")
		decides.move(path, "send_back", map[string]string{"reason": "A document is gone."}).want(200)
		asks.write(path, "risks", cites(kept)).want(200)
		asks.move(path, "request_clearances", nil).want(200)
		w.clearEach(path)
		asks.document("/v1/documents/"+kept+"/versions", "b.txt", "some MALWARE here").want(201)
		decides.refusedFor(path, "/elements/risks", "lapsed", "waits for the scanner")
		scanned(kept, "2")
		decides.refusedFor(path, "/elements/risks", "lapsed", "the scanner found malware in the file")
		asks.document("/v1/documents/"+kept+"/versions", "b.txt", "what was meant").want(201)
		scanned(kept, "3")
		decides.move(path, "approve", nil).want(200)
	})
}
