package domain

import (
	"encoding/json"
	"log/slog"
)

// Secret is text that must never be printed, logged or put on the wire by
// accident. Reveal is the one way to read it.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text. A caller that reveals answers for where it goes.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is nothing in it.
func (s Secret) Empty() bool { return s.text == "" }

func (Secret) String() string               { return "[secret]" }
func (Secret) GoString() string             { return "[secret]" }
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal("[secret]") }
func (Secret) LogValue() slog.Value         { return slog.StringValue("[secret]") }
