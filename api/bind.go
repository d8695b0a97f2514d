package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

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
// the contract. All that is wrong is told at once, each fault where it stands.
func bind[T any](c echo.Context) (T, error) {
	body, _ := c.Get("body").([]byte)
	return decode[T](body, nil)
}

// decode reads a body as a T. If it came of a patch, the texts of that alone are held
// against what no text may hold: one from before that rule is nobody's fault now.
func decode[T any](body, patch []byte) (T, error) {
	var v T
	var f domain.Faults
	fitting := fit(&f, body, reflect.TypeFor[T](), "")
	if err := jsonv2.Unmarshal(fitting, &v, jsonv2.RejectUnknownMembers(true)); err != nil {
		return v, semantic(err)
	}
	if len(f) == 1 && f[0].Pointer == "" {
		return v, f.Err() // nothing can be said of the members of what has none
	}
	limits, err := broken(v)
	if err != nil {
		return v, err
	}
	written := v
	if patch != nil {
		written = *new(T)
		var told domain.Faults
		if err := jsonv2.Unmarshal(fit(&told, patch, reflect.TypeFor[T](), ""), &written); err != nil {
			return v, semantic(err)
		}
	}
	illegible(&limits, reflect.ValueOf(written), "", longText)
	said := len(f)
	for _, x := range limits {
		if !slices.ContainsFunc(f[:said], func(y domain.Fault) bool {
			return x.Pointer == y.Pointer || strings.HasPrefix(x.Pointer, y.Pointer+"/")
		}) {
			f = append(f, x)
		}
	}
	if len(f) > maxFaults {
		f = f[:maxFaults]
		f.Add("", "more", "and more; put these right first")
	}
	return v, f.Err()
}

// patched is the draft that a merge patch (RFC 7396) in the body makes of the
// current one.
func patched[D any](c echo.Context, current D) (D, error) {
	var none D
	patch, _ := c.Get("body").([]byte)
	if jsontext.Value(patch).Kind() != '{' {
		return none, malformedAt("", "wrong_type", "a merge patch is a JSON object, with the members that change")
	}
	was, err := json.Marshal(current)
	if err != nil {
		return none, err
	}
	merged, err := jsonpatch.MergePatch(was, patch)
	if err != nil {
		return none, domain.Refuse(domain.Malformed, "the merge patch can't be applied")
	}
	return decode[D](merged, patch)
}

// readable checks the form of a body: one JSON value of bounded depth, in valid
// UTF-8, without the NUL character, which no database keeps in text.
func readable(body []byte) error {
	if at := notUTF8(body); at >= 0 {
		return malformedAt("", "invalid_utf8", fmt.Sprintf("byte %d is not UTF-8; send the body in UTF-8, which is the only encoding of JSON (RFC 8259)", at))
	}
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

// notUTF8 is where text stops being UTF-8, counted from 0; -1 if it never does.
func notUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
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
	return (domain.Faults{{Pointer: string(s.JSONPointer), Code: "wrong_type", Detail: "must be " + typeName(s.GoType)}}).Err()
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

// fit is raw without what can't be read as a t: an unknown member is left out, and
// a value of another type is nothing. Each is a fault, as is every required member
// that is not there: those whose tag does not let them be omitted.
func fit(f *domain.Faults, raw jsontext.Value, t reflect.Type, at jsontext.Pointer) jsontext.Value {
	nothing := jsontext.Value("null")
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch kind := raw.Kind(); {
	case len(*f) > maxFaults, kind == 'n' && at != "":
		return nothing
	case t.Kind() == reflect.Slice && kind == '[':
		return fitItems(f, raw, t.Elem(), at)
	case t.Kind() == reflect.Struct && kind == '{' && t != reflect.TypeFor[time.Time]():
		return fitMembers(f, raw, t, at)
	case kind == 'n':
		f.Add("", "wrong_type", "must be %s", typeName(t))
		return nothing
	}
	if err := jsonv2.Unmarshal(raw, reflect.New(t).Interface()); err != nil {
		f.Add(string(at), "wrong_type", "must be %s", typeName(t))
		return nothing
	}
	return raw
}

func fitItems(f *domain.Faults, raw jsontext.Value, t reflect.Type, at jsontext.Pointer) jsontext.Value {
	var items []jsontext.Value
	if err := jsonv2.Unmarshal(raw, &items); err != nil { // readable has looked
		return raw
	}
	for i, item := range items {
		items[i] = fit(f, item, t, at.AppendToken(strconv.Itoa(i)))
	}
	return join('[', items, ']')
}

func fitMembers(f *domain.Faults, raw jsontext.Value, t reflect.Type, at jsontext.Pointer) jsontext.Value {
	var members map[string]jsontext.Value
	if err := jsonv2.Unmarshal(raw, &members); err != nil { // readable has looked
		return raw
	}
	var out []jsontext.Value
	var known []string
	for i := range t.NumField() {
		field := t.Field(i)
		name := memberName(field)
		if known = append(known, name); members[name] == nil {
			if !strings.Contains(field.Tag.Get("json"), ",omit") {
				f.Add(string(at.AppendToken(name)), "required", "is required")
			}
			continue
		}
		out = append(out, slices.Concat(jsontext.Value(strconv.Quote(name)+":"), fit(f, members[name], field.Type, at.AppendToken(name))))
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, name) && len(*f) <= maxFaults {
			f.Add(string(at.AppendToken(name)), "unknown_field", "is no member of this object, which has %s", strings.Join(known, ", "))
		}
	}
	return join('{', out, '}')
}

func join(begin byte, values []jsontext.Value, end byte) jsontext.Value {
	out := jsontext.Value{begin}
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, end)
}

// within holds a value against the limits of the contract.
func within(v any) error {
	f, err := broken(v)
	if err != nil {
		return err
	}
	illegible(&f, reflect.ValueOf(v), "", longText)
	return f.Err()
}

// broken is which limits of the contract a value breaks, as far as they are told.
func broken(v any) (f domain.Faults, err error) {
	if reflect.ValueOf(v).Kind() != reflect.Struct {
		return nil, nil
	}
	var limits validator.ValidationErrors
	if err := validate.Struct(v); err != nil && !errors.As(err, &limits) {
		return nil, err
	}
	for _, b := range limits[:min(len(limits), maxFaults)] {
		f.Add(pointer(b.Namespace()), code(b.Tag()), "%s", limitText(b))
	}
	return f, nil
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
		return "must be an e-mail address, such as name@example.org"
	case "uuid":
		return "must be an id as this API gives it, such as 6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"
	case "datetime":
		return "must be a calendar day as YYYY-MM-DD, such as 2026-03-31"
	case "pattern":
		return "must be " + formText(b.Param())
	}
	return "is not valid"
}
