// Package openapi is the contract: the types that travel and the operations
// that there are. It is generated from openapi.yaml, which is written first.
package openapi

import _ "embed"

//go:generate go -C ../tools run ./generate ../openapi

// ContractJSON is the whole contract as served at /openapi.json.
//
//go:embed contract.gen.json
var ContractJSON []byte

// ContractYAML is the same as served at /openapi.yaml.
//
//go:embed contract.gen.yaml
var ContractYAML []byte

// Operation is what the server and the tests must know of one operation.
type Operation struct {
	ID, Method, Path string
	// Action is the policy's name for what it does.
	Action string
	// Public operations need no sign-in.
	Public bool
	// Expensive operations have a limit of their own.
	Expensive bool
	// Match says that a change must name the version it changes.
	Match bool
	// Makes is the path of what a POST makes, which its answer's id completes; empty
	// if that has no address of its own.
	Makes string
	// Fields are the members of each record that a GET shows.
	Fields []string
	// ContentType is what the body must be; empty without a body.
	ContentType string
	// Example is a valid body, as JSON.
	Example string
	// Statuses are all that the contract documents.
	Statuses   []int
	Parameters []Parameter
}

// Parameter is one parameter of an operation. Rules are its limits as a
// validate tag.
type Parameter struct {
	Name, In string
	Required bool
	Type     string
	Rules    string
}
