//go:build ignore

// This program makes common.bin from a JSON list of passwords, as in the npm
// package @zxcvbn-ts/language-common 3.0.4 (MIT, see common.LICENSE):
//
//	go run common_gen.go < package/src/passwords.json
//
// Only their hashes are kept: they are what is looked up, they take less room,
// and such lists hold words that nobody should have to read.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A shorter password is refused for its length.
const minLength = 8

func main() {
	var list []string
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		log.Fatal(err)
	}
	var hashes [][]byte
	for _, s := range list {
		s = strings.ToLower(norm.NFKC.String(s))
		if utf8.RuneCountInString(s) < minLength {
			continue
		}
		sum := sha256.Sum256([]byte(s))
		hashes = append(hashes, sum[:8])
	}
	slices.SortFunc(hashes, bytes.Compare)
	hashes = slices.CompactFunc(hashes, bytes.Equal)
	if err := os.WriteFile("common.bin", bytes.Join(hashes, nil), 0o644); err != nil {
		log.Fatal(err)
	}
}
