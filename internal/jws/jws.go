// Package jws takes a token's compact serialization apart (RFC 7515, section 7.1),
// to the letter: nothing is read that another reader could read otherwise. It
// verifies nothing.
package jws

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Split returns the decoded header, payload and signature of a token of at most
// maxSize bytes. What is wrong with another is told in fixed words that hold
// nothing of it.
func Split(raw string, maxSize int) (parts [3][]byte, err error) {
	if len(raw) > maxSize {
		return parts, errors.New("too long")
	}
	segments := strings.Split(raw, ".")
	if len(segments) != len(parts) {
		return parts, errors.New("not three segments")
	}
	for i, s := range segments {
		if parts[i], err = Decode(s); err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// Decode decodes base64url without padding that is as an encoder writes it. The
// standard library's strict decoding skips line breaks all the same.
func Decode(segment string) ([]byte, error) {
	if strings.ContainsAny(segment, "\r\n") {
		return nil, errors.New("a line break")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return nil, errors.New("not canonical base64url without padding")
	}
	return b, nil
}
