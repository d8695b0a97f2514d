// Command generate completes the contract and generates Go from it.
//
// openapi.yaml is written by hand and says only what is particular to an
// operation. What follows from the house rules is added here, once: the roles
// that may call an operation (from the policy), the errors that every request
// can meet, the headers that every method takes. The result is what the server
// serves and the tests check.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
	"go.yaml.in/yaml/v3"

	"accord/domain"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// run generates into dir, which holds openapi.yaml and codegen.yaml.
func run(dir string) error {
	spec, err := openapi3.NewLoader().LoadFromFile(dir + "/openapi.yaml")
	if err != nil {
		return err
	}
	if err := complete(spec); err != nil {
		return err
	}
	delete(spec.Extensions, "x-marking") // an anchor for YAML, no part of the contract
	if err := writeContract(dir, spec); err != nil {
		return err
	}
	for _, s := range spec.Components.Schemas {
		tag(s.Value)
	}
	tagged, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	if spec, err = openapi3.NewLoader().LoadFromData(tagged); err != nil {
		return err
	}
	if err := writeOperations(dir+"/operations.gen.go", spec); err != nil {
		return err
	}
	dropCommon(spec)
	return writeTypes(dir, spec)
}

// dropCommon takes out the parameters that the server reads for every operation
// alike, so that a handler is given its own filters and nothing else.
func dropCommon(spec *openapi3.T) {
	common := []string{"cursor", "limit", "sort", "q", "count", "fields"}
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			op.Parameters = slices.DeleteFunc(op.Parameters, func(p *openapi3.ParameterRef) bool {
				return p.Value.In == "header" || slices.Contains(common, p.Value.Name)
			})
		}
	}
	spec.Components.Parameters = nil
}

// writeContract writes what the server serves, without the hints that are for
// generating Go.
func writeContract(dir string, spec *openapi3.T) error {
	raw, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	var contract any
	if err := json.Unmarshal(raw, &contract); err != nil {
		return err
	}
	dropHints(contract)
	if raw, err = json.MarshalIndent(contract, "", " "); err != nil {
		return err
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return err
	}
	plain(&tree)
	asYAML, err := yaml.Marshal(&tree)
	if err != nil {
		return err
	}
	if err := os.WriteFile(dir+"/contract.gen.json", append(raw, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(dir+"/contract.gen.yaml", asYAML, 0o644)
}

func dropHints(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if strings.HasPrefix(name, "x-go-") || strings.HasPrefix(name, "x-oapi-") {
				delete(v, name)
				continue
			}
			dropHints(member)
		}
	case []any:
		for _, element := range v {
			dropHints(element)
		}
	}
}

// plain drops the JSON styling of a node, so that it is written as YAML.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plain(c)
	}
}

func complete(spec *openapi3.T) error {
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			if err := completeOperation(path, method, item, op); err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			if at := createdAt(spec, method, op); at != "" {
				for _, status := range []string{"201", "202"} {
					locate(op.Responses.Value(status), at)
				}
			}
		}
	}
	return nil
}

func completeOperation(path, method string, item *openapi3.PathItem, op *openapi3.Operation) error {
	act, _ := op.Extensions["x-action"].(string)
	if !slices.Contains(domain.Actions(), domain.Action(act)) {
		return fmt.Errorf("x-action %q is not in the policy", act)
	}
	roles := domain.Permitted(domain.Action(act))
	op.Extensions["x-roles"] = roles
	op.Description = strings.TrimSpace(op.Description + "\n\nMay be called by: " + join(roles) + ".")

	respond(op, "400", "Malformed")
	respond(op, "429", "TooMany")
	respond(op, "503", "Unavailable")
	// Where no sign-in is needed, one that is no good is refused all the same.
	if domain.Action(act) != domain.QuickExit { // but it needs none to be out
		respond(op, "401", "Unauthenticated")
	}
	respond(op, "403", "Forbidden") // to who has yet to enroll a second factor, and to an API key that is not for this
	if op.RequestBody != nil {
		respond(op, "413", "TooLarge")
		respond(op, "415", "Unsupported")
		respond(op, "422", "Invalid")
	}
	if takes(item, op, "IfMatch") {
		respond(op, "412", "Stale")
		respond(op, "428", "Unconditional")
	}
	if strings.HasPrefix(path, "/v1/organizations/{id}") {
		respond(op, "410", "Merged")
	}
	if domain.Action(act).ForMember() {
		refer(op, "ActingFor")
	}
	switch method {
	case "POST":
		refer(op, "IdempotencyKey")
	case "GET":
		completeGet(op)
	}
	return nil
}

// createdAt is the address of what an operation makes: the one where its answer is
// read again. Empty if it makes nothing that has an address.
func createdAt(spec *openapi3.T, method string, op *openapi3.Operation) string {
	made := schemaOf(op.Responses.Value("201"))
	if made == "" {
		made = schemaOf(op.Responses.Value("202"))
	}
	if method != "POST" || made == "" {
		return ""
	}
	for path, item := range spec.Paths.Map() {
		if strings.HasSuffix(path, "/{id}") && item.Get != nil && schemaOf(item.Get.Responses.Value("200")) == made {
			return path
		}
	}
	return ""
}

// schemaOf names the schema of a JSON answer.
func schemaOf(r *openapi3.ResponseRef) string {
	if r == nil || r.Value == nil {
		return ""
	}
	if media := r.Value.Content.Get("application/json"); media != nil && media.Schema != nil {
		return media.Schema.Ref
	}
	return ""
}

// locate promises the address of what was made (RFC 9110, section 10.2.2).
func locate(r *openapi3.ResponseRef, at string) {
	if r == nil || r.Value == nil {
		return
	}
	if r.Value.Headers == nil {
		r.Value.Headers = openapi3.Headers{}
	}
	r.Value.Headers["Location"] = &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
		Description: "Where it is: " + at + ".", Required: true,
		Schema: openapi3.NewSchemaRef("", openapi3.NewStringSchema().WithFormat("uri-reference")),
	}}}
}

// completeGet adds what every JSON answer to a GET offers: an ETag, 304, and a
// choice of members.
func completeGet(op *openapi3.Operation) {
	ok := op.Responses.Value("200")
	if ok == nil || ok.Value == nil || ok.Value.Content.Get("application/json") == nil {
		return
	}
	refer(op, "IfNoneMatch")
	refer(op, "Fields")
	none := "The caller has it already."
	op.Responses.Set("304", &openapi3.ResponseRef{Value: &openapi3.Response{Description: &none}})
}

func respond(op *openapi3.Operation, status, name string) {
	if op.Responses.Value(status) == nil {
		op.Responses.Set(status, &openapi3.ResponseRef{Ref: "#/components/responses/" + name})
	}
}

func refer(op *openapi3.Operation, name string) {
	op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/" + name})
}

func takes(item *openapi3.PathItem, op *openapi3.Operation, name string) bool {
	return slices.ContainsFunc(slices.Concat(item.Parameters, op.Parameters), func(p *openapi3.ParameterRef) bool {
		return strings.HasSuffix(p.Ref, "/"+name)
	})
}

func join(roles []domain.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

// tag puts the schema's own limits on the Go type as validate tags, so that
// they are written once.
func tag(s *openapi3.Schema) {
	if s == nil {
		return
	}
	for name, p := range s.Properties {
		if rules := rulesOf(p, slices.Contains(s.Required, name)); rules != "" {
			// A struct tag is a Go string: what it holds is quoted.
			extend(p, "x-oapi-codegen-extra-tags", map[string]any{"validate": strings.ReplaceAll(rules, `\`, `\\`)})
		}
		if name == "_actions" {
			extend(p, "x-go-name", "Next")
		}
		if p.Ref == "" {
			tag(p.Value)
		}
	}
	if s.Items != nil && s.Items.Ref == "" {
		tag(s.Items.Value)
	}
	for _, sub := range s.AllOf {
		if sub.Ref == "" {
			tag(sub.Value)
		}
	}
}

func extend(p *openapi3.SchemaRef, key string, value any) {
	ext := &p.Extensions
	if p.Ref == "" {
		ext = &p.Value.Extensions
	}
	if *ext == nil {
		*ext = map[string]any{}
	}
	(*ext)[key] = value
}

// rulesOf is a schema as a validate tag. Required is checked by the decoder,
// which can tell an absent member from an empty one.
func rulesOf(p *openapi3.SchemaRef, required bool) string {
	rules := limits(p.Value)
	if len(rules) == 0 {
		return ""
	}
	if !required {
		rules = append([]string{"omitempty"}, rules...)
	}
	return strings.Join(rules, ",")
}

func limits(s *openapi3.Schema) []string {
	var rules []string
	add := func(format string, args ...any) { rules = append(rules, fmt.Sprintf(format, args...)) }
	switch {
	case s.Type.Is("string"):
		if s.MinLength > 0 {
			add("min=%d", s.MinLength)
		}
		if s.MaxLength != nil {
			add("max=%d", *s.MaxLength)
		}
		if len(s.Enum) > 0 {
			add("oneof=%s", enum(s))
		}
		if s.Pattern != "" {
			add("pattern=%s", strings.NewReplacer(",", "0x2C", "|", "0x7C").Replace(s.Pattern))
		}
		switch s.Format {
		case "email", "uuid":
			add("%s", s.Format)
		case "date":
			add("datetime=2006-01-02")
		}
	case s.Type.Is("integer"), s.Type.Is("number"):
		if s.Min != nil {
			add("min=%v", *s.Min)
		}
		if s.Max != nil {
			add("max=%v", *s.Max)
		}
		if len(s.Enum) > 0 {
			add("oneof=%s", enum(s))
		}
	case s.Type.Is("array"):
		if s.MinItems > 0 {
			add("min=%d", s.MinItems)
		}
		if s.MaxItems != nil {
			add("max=%d", *s.MaxItems)
		}
		// dive both into the elements' own limits and into structs.
		add("dive")
		rules = append(rules, limits(s.Items.Value)...)
	case s.Type == nil:
		for _, sub := range s.AllOf {
			rules = append(rules, limits(sub.Value)...)
		}
	}
	return rules
}

func enum(s *openapi3.Schema) string {
	words := make([]string, len(s.Enum))
	for i, e := range s.Enum {
		words[i] = fmt.Sprint(e)
	}
	return strings.Join(words, " ")
}

func writeTypes(dir string, spec *openapi3.T) error {
	var cfg codegen.Configuration
	raw, err := os.ReadFile(dir + "/codegen.yaml")
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&cfg); err != nil {
		return err
	}
	version := "v2.8.2"
	cfg.NoVCSVersionOverride = &version
	code, err := codegen.Generate(spec, cfg.UpdateDefaults())
	if err != nil {
		return err
	}
	return os.WriteFile(dir+"/openapi.gen.go", []byte(code), 0o644)
}

// writeOperations writes the table of operations by which the server checks
// parameters and the tests walk the contract.
func writeOperations(file string, spec *openapi3.T) error {
	b := &bytes.Buffer{}
	b.WriteString("// Code generated from openapi.yaml; DO NOT EDIT.\n\npackage openapi\n\n")
	b.WriteString("// Operations is every operation of the contract, by path and method.\nvar Operations = []Operation{\n")
	for _, path := range spec.Paths.InMatchingOrder() {
		item := spec.Paths.Value(path)
		methods := item.Operations()
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if op := methods[method]; op != nil {
				writeOperation(b, path, method, item, op, createdAt(spec, method, op))
			}
		}
	}
	b.WriteString("}\n")
	src, err := format.Source(b.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(file, src, 0o644)
}

func writeOperation(b *bytes.Buffer, path, method string, item *openapi3.PathItem, op *openapi3.Operation, made string) {
	fmt.Fprintf(b, "{ID: %q, Method: %q, Path: %q, Action: %q, Public: %t, Expensive: %t, Match: %t,\n",
		op.OperationID, method, path, op.Extensions["x-action"], op.Security != nil, op.Extensions["x-expensive"] == true, takes(item, op, "IfMatch"))
	if made != "" {
		fmt.Fprintf(b, "Makes: %q,\n", made)
	}
	if fields := fieldsOf(op); fields != nil {
		fmt.Fprintf(b, "Fields: %#v,\n", fields)
	}
	if body := op.RequestBody; body != nil {
		for kind, media := range body.Value.Content {
			example, _ := json.Marshal(media.Example)
			fmt.Fprintf(b, "ContentType: %q, Example: %q,\n", kind, example)
		}
	}
	fmt.Fprint(b, "Statuses: []int{")
	for _, status := range slices.Sorted(mapKeys(op.Responses.Map())) {
		fmt.Fprintf(b, "%s,", status)
	}
	fmt.Fprint(b, "},\nParameters: []Parameter{")
	for _, p := range slices.Concat(item.Parameters, op.Parameters) {
		writeParameter(b, p.Value)
	}
	fmt.Fprint(b, "}},\n")
}

// fieldsOf are the members of each record in the answer to a GET, of which a caller
// may choose.
func fieldsOf(op *openapi3.Operation) []string {
	if !slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "fields" }) {
		return nil
	}
	s := op.Responses.Value("200").Value.Content.Get("application/json").Schema.Value
	if list := s.Properties["items"]; list != nil {
		s = list.Value.Items.Value
	}
	return slices.Sorted(mapKeys(s.Properties))
}

func writeParameter(b *bytes.Buffer, p *openapi3.Parameter) {
	s := p.Schema.Value
	fmt.Fprintf(b, "{Name: %q, In: %q, Required: %t, Type: %q, Rules: %q},\n",
		p.Name, p.In, p.Required, typeOf(s), strings.Join(limits(s), ","))
}

func typeOf(s *openapi3.Schema) string {
	if s.Type == nil {
		return "string"
	}
	return s.Type.Slice()[0]
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
