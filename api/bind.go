package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"

	jsonpatch "github.com/evanphx/json-patch/v5"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-playground/validator/v10"
	"github.com/labstack/echo/v4"

	"accord/domain"
)

// maxDepth is how deep JSON may nest.
const maxDepth = 32

var validate = newValidator()

func newValidator() *validator.Validate {
	v := validator.New()
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return memberName(f) })
	if err := v.RegisterValidation("pattern", func(fl validator.FieldLevel) bool {
		return pattern(fl.Param()).MatchString(fl.Field().String())
	}); err != nil {
		panic(err)
	}
	return v
}

var patterns sync.Map

func pattern(p string) *regexp.Regexp {
	if re, ok := patterns.Load(p); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(p)
	patterns.Store(p, re)
	return re
}

func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func parseQuery(raw string) (url.Values, error) { return url.ParseQuery(raw) }

// bind reads the body as a T, strictly: one JSON value and nothing after it, no
// unknown or repeated member, every required one there, within every limit of
// the contract.
func bind[T any](c echo.Context) (T, error) {
	body, _ := c.Get("body").([]byte)
	return decode[T](body)
}

func decode[T any](body []byte) (T, error) {
	var v T
	if err := jsonv2.Unmarshal(body, &v, jsonv2.RejectUnknownMembers(true)); err != nil {
		return v, semantic(err)
	}
	var f domain.Faults
	missing(&f, body, reflect.TypeFor[T](), "")
	if err := f.Err(); err != nil {
		return v, err
	}
	return v, within(v)
}

// patched is the draft that a merge patch (RFC 7396) in the body makes of the
// current one.
func patched[D any](c echo.Context, current D) (D, error) {
	var none D
	patch, _ := c.Get("body").([]byte)
	if jsontext.Value(patch).Kind() != '{' {
		return none, domain.Refuse(domain.Malformed, "a merge patch is a JSON object")
	}
	was, err := json.Marshal(current)
	if err != nil {
		return none, err
	}
	merged, err := jsonpatch.MergePatch(was, patch)
	if err != nil {
		return none, domain.Refuse(domain.Malformed, "the merge patch can't be applied")
	}
	return decode[D](merged)
}

// readable checks the form of a body: one JSON value of bounded depth, in valid
// UTF-8, without the NUL character, which no database keeps in text.
func readable(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := dec.ReadToken()
		if errors.Is(err, io.EOF) && dec.InputOffset() > 0 {
			return nil
		}
		if err != nil {
			return syntactic(err)
		}
		if dec.StackDepth() > maxDepth {
			return malformedAt(dec.StackPointer(), "too_deep", fmt.Sprintf("JSON may nest %d deep", maxDepth))
		}
		if tok.Kind() == '"' && strings.ContainsRune(tok.String(), 0) {
			return malformedAt(dec.StackPointer(), "invalid_text", "text may not hold the NUL character")
		}
		if dec.StackDepth() == 0 {
			if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
				return malformedAt("", "trailing", "there is something after the JSON value")
			}
			return nil
		}
	}
}

func malformedAt(p jsontext.Pointer, code, detail string) error {
	return &domain.Error{Kind: domain.Malformed, Detail: "the body is not JSON as it is read here", Faults: domain.Faults{
		{Pointer: string(p), Code: code, Detail: detail}}}
}

func syntactic(err error) error {
	var s *jsontext.SyntacticError
	if !errors.As(err, &s) {
		return malformedAt("", "syntax", "the body is empty or cut short")
	}
	if errors.Is(s.Err, jsontext.ErrDuplicateName) {
		return malformedAt(s.JSONPointer, "duplicate", "this member stands twice")
	}
	return malformedAt(s.JSONPointer, "syntax", fmt.Sprintf("not JSON at byte %d", s.ByteOffset))
}

// semantic words a decoding error without the value that was sent.
func semantic(err error) error {
	var s *jsonv2.SemanticError
	if !errors.As(err, &s) {
		return syntactic(err)
	}
	code, detail := "wrong_type", "must be "+typeName(s.GoType)
	if errors.Is(s.Err, jsonv2.ErrUnknownName) {
		code, detail = "unknown_field", "is no member of this object"
	}
	return (domain.Faults{{Pointer: string(s.JSONPointer), Code: code, Detail: detail}}).Err()
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "another type"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Struct, reflect.Map:
		if t.String() == "time.Time" {
			return "a date and time as in RFC 3339"
		}
		return "an object"
	}
	return "a whole number"
}

// missing adds a fault for every required member that is not there: those whose
// tag does not let them be omitted.
func missing(f *domain.Faults, raw jsontext.Value, t reflect.Type, at string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && raw.Kind() == '[':
		var items []jsontext.Value
		if jsonv2.Unmarshal(raw, &items) == nil {
			for i, item := range items {
				missing(f, item, t.Elem(), fmt.Sprintf("%s/%d", at, i))
			}
		}
	case t.Kind() == reflect.Struct && raw.Kind() == '{' && t.String() != "time.Time":
		var members map[string]jsontext.Value
		if jsonv2.Unmarshal(raw, &members) != nil {
			return
		}
		for i := range t.NumField() {
			field := t.Field(i)
			name, there := memberName(field), jsontext.Value(nil)
			if there = members[name]; there == nil {
				if name != "" && !strings.Contains(field.Tag.Get("json"), ",omit") {
					f.Add(at+"/"+name, "required", "is required")
				}
				continue
			}
			missing(f, there, field.Type, at+"/"+name)
		}
	}
}

// within holds a value against the limits of the contract.
func within(v any) error {
	if reflect.ValueOf(v).Kind() != reflect.Struct {
		return nil
	}
	err := validate.Struct(v)
	var broken validator.ValidationErrors
	if !errors.As(err, &broken) {
		return err
	}
	var f domain.Faults
	for _, b := range broken {
		f.Add(pointer(b.Namespace()), code(b.Tag()), "%s", limitText(b))
	}
	return f.Err()
}

// pointer turns "Draft.identifiers[0].scheme" into "/identifiers/0/scheme".
func pointer(namespace string) string {
	_, path, _ := strings.Cut(namespace, ".")
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(path)
}

func code(tag string) string {
	switch tag {
	case "min":
		return "too_small"
	case "max":
		return "too_large"
	case "oneof":
		return "unknown_value"
	}
	return "invalid"
}

func ruleText(err error) string {
	var broken validator.ValidationErrors
	if errors.As(err, &broken) {
		return limitText(broken[0])
	}
	return "is not valid"
}

func limitText(b validator.FieldError) string {
	unit := ""
	switch b.Kind() {
	case reflect.String:
		unit = " characters"
	case reflect.Slice:
		unit = " elements"
	}
	switch b.Tag() {
	case "min":
		return "must be at least " + b.Param() + unit
	case "max":
		return "must be at most " + b.Param() + unit
	case "oneof":
		return "must be one of " + strings.ReplaceAll(b.Param(), " ", ", ")
	case "email":
		return "must be an e-mail address"
	case "uuid":
		return "must be an id"
	case "datetime":
		return "must be a calendar day as YYYY-MM-DD"
	case "pattern":
		return "must match " + b.Param()
	}
	return "is not valid"
}
