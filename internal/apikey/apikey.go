// Package apikey makes what a program sends to show which API key it has, and
// tells what can't be one without asking anybody. A key is a prefix by which
// scanners find it where it should not lie, 248 random bits, and a checksum of
// them; only its hash may be stored.
package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strings"
)

// Prefix begins every key, and nothing else that is sent as a bearer token.
const Prefix = "acd_"

const (
	random = 31
	length = len(Prefix) + (random+crc32.Size)/5*8
)

// ErrRefused refuses what is no key. Its text quotes nothing.
var ErrRefused = errors.New("not an API key")

// alphabet is that of base 32 (RFC 4648) in lower case, and in no other.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// New draws a key at random: "acd_" and 56 letters and digits, which are 31 random
// bytes and their CRC-32 (IEEE, big endian) in base 32. hash is what is stored of
// it: SHA-256, in hex. It needs no slow hash, being random and not chosen.
func New() (raw, hash string) {
	b := make([]byte, random, random+crc32.Size)
	rand.Read(b)
	raw = Prefix + alphabet.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
	return raw, hashOf(raw)
}

// Is reports whether what was sent claims to be a key.
func Is(raw string) bool { return strings.HasPrefix(raw, Prefix) }

// Parse returns the hash of a key, or refuses what New can't have made: another
// length, another letter, a typing error.
func Parse(raw string) (hash string, err error) {
	if !Is(raw) || len(raw) != length {
		return "", ErrRefused
	}
	b, err := alphabet.DecodeString(raw[len(Prefix):])
	if err != nil || len(b) != random+crc32.Size || crc32.ChecksumIEEE(b[:random]) != binary.BigEndian.Uint32(b[random:]) {
		return "", ErrRefused
	}
	return hashOf(raw), nil
}

func hashOf(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:])
}
