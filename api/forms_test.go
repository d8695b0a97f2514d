package api

import (
	"encoding/json"
	"regexp"
	"testing"

	"accord/openapi"
)

// TestNobodyIsAnsweredWithARegularExpression walks every pattern of the contract.
func TestNobodyIsAnsweredWithARegularExpression(t *testing.T) {
	var contract any
	if err := json.Unmarshal(openapi.ContractJSON, &contract); err != nil {
		t.Fatal(err)
	}
	patterns := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if p, ok := v["pattern"].(string); ok {
				patterns[p] = true
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(contract)
	if len(patterns) < 20 {
		t.Fatalf("found %d patterns", len(patterns))
	}
	syntax := regexp.MustCompile(`[\^$\\|*+?{}()\[\]]`)
	for p := range patterns {
		if words := formText(p); syntax.MatchString(words) || len(words) < 20 {
			t.Errorf("%s is told as %q", p, words)
		}
	}
	for p := range forms {
		if !patterns[p] {
			t.Errorf("%s is no pattern of the contract", p)
		}
	}
}
