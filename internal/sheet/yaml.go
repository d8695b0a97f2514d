package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Fault is one thing that is wrong in a mapping file.
type Fault struct {
	Line   int
	Path   string // of the value, such as fields.title.type; "" for the whole file
	Reason string
}

func (f Fault) String() string {
	if f.Path == "" {
		return fmt.Sprintf("line %d: %s", f.Line, f.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", f.Line, f.Path, f.Reason)
}

// Faults is the error of a mapping file that can't be used, by line.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// words is one text or a list of them.
type words []string

func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*w = words{n.Value}
		return nil
	}
	return n.Decode((*[]string)(w))
}

// keyColumns is what identifies a row: some columns, or all of it.
type keyColumns struct {
	columns words
	row     bool
}

func (k *keyColumns) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		k.row = true
		return nil
	}
	return n.Decode((*[]string)(&k.columns))
}

// A parser collects what is wrong in a mapping file.
type parser struct {
	root     *yaml.Node
	numbered bool // the file that is mapped has no header
	faults   Faults
}

func (p *parser) fault(reason string, path ...string) {
	p.faults = append(p.faults, Fault{Line: p.line(path), Path: strings.Join(path, "."), Reason: reason})
}

func (p *parser) forbid(wrong bool, reason string, path ...string) {
	if wrong {
		p.fault(reason, path...)
	}
}

// line returns the line of the value at a path, or of what would hold it.
func (p *parser) line(path []string) int {
	n := p.root
	if n == nil {
		return 1
	}
	line := n.Line
	for _, key := range path {
		child, at := childOf(n, key)
		if child == nil {
			break
		}
		n, line = child, at
	}
	return line
}

func childOf(n *yaml.Node, key string) (*yaml.Node, int) {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(key); err == nil && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1], n.Content[i].Line
			}
		}
	}
	return nil, 0
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// parse reads the YAML and checks its shape: unknown and repeated keys, and
// values that are not of their key's kind.
func (p *parser) parse(data []byte) document {
	var doc document
	d := yaml.NewDecoder(bytes.NewReader(data))
	var n yaml.Node
	if err := d.Decode(&n); err != nil {
		p.broken(err)
		return doc
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		p.faults = append(p.faults, Fault{Line: 1, Reason: "the file must hold one YAML document only"})
		return doc
	}
	p.root = n.Content[0]
	if !p.shape(p.root, reflect.TypeFor[document](), nil) {
		p.root = nil
		return doc
	}
	if err := p.root.Decode(&doc); err != nil {
		p.broken(err)
	}
	return doc
}

// broken records an error of the YAML parser.
func (p *parser) broken(err error) {
	if errors.Is(err, io.EOF) {
		p.fault("the file is empty")
		return
	}
	text := err.Error()
	m := yamlLine.FindStringSubmatch(text)
	line := 1
	if m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1])
	}
	p.faults = append(p.faults, Fault{Line: max(line, 1), Reason: "this is not YAML: " + text})
}

// shape checks a node against the type that it is to fill. What it finds wrong
// it takes out of the tree, so that the rest can be decoded and checked as well;
// it reports whether the node itself can stay.
func (p *parser) shape(n *yaml.Node, t reflect.Type, path []string) bool {
	wrong := func(reason string) bool {
		p.faultAt(n, path, reason)
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return wrong("must be written out; aliases are not supported")
	case t == reflect.TypeFor[keyColumns]() && n.Kind != yaml.SequenceNode && n.Value != "row":
		return wrong("must be a list of columns, or the word row")
	case t == reflect.TypeFor[keyColumns](), t == reflect.TypeFor[words]():
		if n.Kind != yaml.SequenceNode {
			return p.shape(n, reflect.TypeFor[string](), path)
		}
		return p.shape(n, reflect.TypeFor[[]string](), path)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return p.shape(n, t.Elem(), path)
	case reflect.Struct, reflect.Map:
		if n.Kind != yaml.MappingNode {
			return wrong("must be a mapping of keys to values")
		}
		p.shapeMapping(n, t, path)
		return true
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return wrong("must be a list")
		}
		return p.shapeList(n, t.Elem(), path)
	}
	if reason := misfit(n, t.Kind()); reason != "" {
		return wrong(reason)
	}
	return true
}

func (p *parser) faultAt(n *yaml.Node, path []string, reason string) {
	p.faults = append(p.faults, Fault{Line: n.Line, Path: strings.Join(path, "."), Reason: reason})
}

func (p *parser) shapeList(n *yaml.Node, t reflect.Type, path []string) bool {
	ok := true
	for i, c := range n.Content {
		ok = p.shape(c, t, append(slices.Clone(path), strconv.Itoa(i))) && ok
	}
	return ok
}

func (p *parser) shapeMapping(n *yaml.Node, t reflect.Type, path []string) {
	var known map[string]reflect.Type
	if t.Kind() == reflect.Struct {
		known = keysOf(t)
	}
	seen := map[string]bool{}
	var kept []*yaml.Node
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		at := append(slices.Clone(path), key.Value)
		valueType, ok := known[key.Value]
		if known == nil {
			valueType, ok = t.Elem(), true
		}
		switch {
		case key.Kind != yaml.ScalarNode, key.Tag == "!!null":
			p.faultAt(key, at, "a key must be text; write it in quotes")
		case seen[key.Value]:
			p.faultAt(key, at, "is given twice")
		case !ok:
			p.faultAt(key, at, "is unknown; known are "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case p.shape(value, valueType, at):
			kept = append(kept, key, value)
		}
		seen[key.Value] = true
	}
	n.Content = kept
}

// misfit says why a node is no single value of a kind, or "".
func misfit(n *yaml.Node, kind reflect.Kind) string {
	_, notNumber := strconv.Atoi(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode:
		return "must be a single value"
	case n.Tag == "!!null":
		return "has no value; write it in quotes if it is text"
	case kind == reflect.Bool && n.Value != "true" && n.Value != "false":
		return "must be true or false"
	case kind == reflect.Int && notNumber != nil:
		return "must be a whole number"
	}
	return ""
}

// keysOf returns the keys of a struct that is decoded from YAML.
func keysOf(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for f := range t.Fields() {
		switch tag := f.Tag.Get("yaml"); tag {
		case "":
		case ",inline":
			maps.Copy(keys, keysOf(f.Type))
		default:
			keys[tag] = f.Type
		}
	}
	return keys
}
