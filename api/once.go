package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// settled is a refusal that did something, which stays: a refresh token that was
// used twice has ended its session. A refusal that is not settled leaves nothing
// behind.
type settled struct{ error }

func (s settled) Unwrap() error { return s.error }

// answer is what an idempotency key keeps.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// once runs the handler in one transaction with the record of its answer, or
// repeats the answer that the key already has.
func (s *Server) once(op openapi.Operation, key string, c echo.Context, next echo.HandlerFunc) error {
	body, err := s.fingerprint(op, c)
	if err != nil {
		return err
	}
	request := strings.Join([]string{op.ID, c.Request().URL.RequestURI(), c.Request().Header.Get("If-Match"), c.Request().Header.Get(actingFor), body}, "\x00")
	kept, repeated, err := s.store.As(actor(c)).Once(ctx(c), key, request, func(tx *repository.Session) ([]byte, error) {
		c.Set("session", tx)
		defer c.Set("session", nil)
		return s.record(c, next)
	})
	if got, ok := c.Get("received").(*received); ok && (repeated || err != nil) {
		s.discard(c, got)
	}
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(kept, &a); err != nil {
		return err
	}
	h := c.Response().Header()
	for name, values := range a.Header {
		h[name] = values
	}
	if repeated {
		h.Set("Idempotency-Replayed", "true")
	}
	c.Response().WriteHeader(a.Status)
	_, err = c.Response().Write(a.Body)
	return err
}

// record runs the handler and holds its answer back until it is kept.
func (s *Server) record(c echo.Context, next echo.HandlerFunc) ([]byte, error) {
	w := c.Response().Writer
	held := &recorder{header: http.Header{}, status: http.StatusOK}
	c.SetResponse(echo.NewResponse(held, c.Echo()))
	defer func() { c.SetResponse(echo.NewResponse(w, c.Echo())) }()
	err := next(c)
	var stays settled
	if errors.As(err, &stays) {
		held.header.Set(echo.HeaderXRequestID, w.Header().Get(echo.HeaderXRequestID))
		s.problem(err, c)
		held.header.Del(echo.HeaderXRequestID) // a repeat is a request of its own
	} else if err != nil {
		return nil, err
	}
	return json.Marshal(answer{held.status, held.header, held.body.Bytes()})
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// fingerprint tells one body from another. One that is still to be read is read
// here, before any transaction, and left for the handler to read again. A file is
// not held in memory but kept, where the handler finds it.
func (s *Server) fingerprint(op openapi.Operation, c echo.Context) (string, error) {
	if op.Action == string(domain.CreateDocument) || op.Action == string(domain.AddDocumentVersion) {
		got, sent, err := s.receive(c, domain.DocumentID(c.Param("id")))
		if err != nil {
			return "", err
		}
		c.Set("received", got)
		return got.fingerprint(sent), nil
	}
	sum := sha256.New()
	if body, ok := c.Get("body").([]byte); ok {
		sum.Write(body)
		return hex.EncodeToString(sum.Sum(nil)), nil
	}
	r := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxForm))
	if err != nil {
		return "", unreadable(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" || !hashParts(sum, body, params["boundary"]) {
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// hashParts hashes what a form holds. Its boundary is another at every try. It
// returns false for a form that can't be read, which is the handler's to refuse.
func hashParts(sum hash.Hash, body []byte, boundary string) bool {
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return false
		}
		fmt.Fprintf(sum, "%q %q %d\n", part.FormName(), part.FileName(), len(content))
		sum.Write(content)
	}
}
