package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
)

// TestWhoSendsNoBodyIsCutOff announces bodies and keeps them back: JSON, a file,
// and one where none is taken.
func TestWhoSendsNoBodyIsCutOff(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Patience = api.Patience{Grace: 50 * time.Millisecond, Rate: 1 << 40} }, func(t *testing.T, w *world) {
		bearer := w.as(domain.Staff).bearer()
		for _, head := range []string{
			"POST /v1/organizations HTTP/1.1\r\nContent-Type: application/json\r\n",
			"POST /v1/imports HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n",
			"GET /v1/me HTTP/1.1\r\n",
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
			must(t, err)
			defer conn.Close()
			fmt.Fprintf(conn, "%sHost: accord\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n", head, bearer)
			answers := bufio.NewReader(conn)
			res, err := http.ReadResponse(answers, nil)
			if err != nil {
				continue // it hung up without a word
			}
			_, err = io.Copy(io.Discard, res.Body)
			must(t, err)
			if _, err := answers.ReadByte(); err == nil || res.StatusCode/100 != 4 {
				t.Errorf("%.20s: %s, and then %v", head, res.Status, err)
			}
		}
	})
}

// TestWhoSendsByTheByteIsCutOff sends a body byte by byte, over both protocols,
// for as long as the server listens.
func TestWhoSendsByTheByteIsCutOff(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Patience = api.Patience{Grace: 50 * time.Millisecond, Rate: 1 << 40} }, func(t *testing.T, w *world) {
		for name, c := range overBoth(t, w.handler) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/v1/organizations", byTheByte{})
			must(t, err)
			r.ContentLength = 1 << 20
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.as(domain.Staff).bearer())
			res, err := c.client.Do(r)
			if err != nil {
				continue // it hung up without a word
			}
			res.Body.Close()
			if res.Proto != name || res.StatusCode/100 != 4 {
				t.Errorf("%s: %s %s", name, res.Proto, res.Status)
			}
		}
		if n := w.count("SELECT count(*) FROM organizations"); n != 0 {
			t.Errorf("%d were made", n)
		}
	})
}

// TestJSONIsWaitedForNoLongerThanARequest sends as much as there may be, and looks until
// when the rest of it is waited for; a file is waited for longer.
func TestJSONIsWaitedForNoLongerThanARequest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
		for kind, c := range map[string]struct {
			path        string
			most, least time.Duration
		}{
			"application/json":                {"/v1/organizations", 30 * time.Second, 0},
			"multipart/form-data; boundary=x": {"/v1/imports", 5 * time.Minute, time.Minute},
		} {
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(head+strings.Repeat(" ", 1<<20-len(head))))
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Authorization", "Bearer "+w.as(domain.Staff).bearer())
			line := &patientLine{ResponseRecorder: httptest.NewRecorder()}
			began := time.Now()
			w.handler.ServeHTTP(line, r)
			if line.Code/100 != 4 || line.until.After(time.Now().Add(c.most)) || line.until.Before(began.Add(c.least)) {
				t.Errorf("%s: %d, waited for %s", kind, line.Code, line.until.Sub(began))
			}
		}
	})
}

// patientLine keeps until when it is to be read from.
type patientLine struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (l *patientLine) SetReadDeadline(until time.Time) error {
	l.until = until
	return nil
}

// site is where something is served, and a client that speaks to it.
type site struct {
	client *http.Client
	url    string
}

// overBoth serves a handler over each protocol.
func overBoth(t *testing.T, handler http.Handler) map[string]site {
	t.Helper()
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	return map[string]site{"HTTP/1.1": {plain.Client(), plain.URL}, "HTTP/2.0": {secure.Client(), secure.URL}}
}

// byTheByte says one blank at a time, without an end.
type byTheByte struct{}

func (byTheByte) Read(p []byte) (int, error) {
	p[0] = ' '
	return 1, nil
}

// TestWhoTakesNothingIsCutOff asks for a file that fits into no buffer, over both
// protocols, and reads no more of it than its head.
func TestWhoTakesNothingIsCutOff(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Patience.Wait = 50 * time.Millisecond }, func(t *testing.T, w *world) {
		ended := make(chan string)
		handler := http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			w.handler.ServeHTTP(out, r)
			ended <- r.Proto
		})
		staff := w.as(domain.Staff)
		file := aPDF + strings.Repeat("% nothing\n", 2<<20)
		commitment := w.commitmentFor(w.caller(domain.Partner), domain.CommitmentDrafted)
		document := "/v1/documents/" + staff.document("/v1/documents", "long.pdf", file, "parent_kind", "commitment", "parent_id", idOf(commitment)).want(201).str("id")
		for proto, c := range overBoth(t, handler) {
			res, err := c.client.Get(c.url + staff.link(document))
			must(t, err)
			defer res.Body.Close()
			if got := <-ended; got != proto || res.StatusCode != http.StatusOK {
				t.Errorf("%s: %s %s", proto, got, res.Status)
			}
			if n, err := io.Copy(io.Discard, res.Body); err == nil || n == int64(len(file)) {
				t.Errorf("%s: %d bytes, %v", proto, n, err)
			}
		}
	})
}

// TestAPoorLineIsBorne sends a body by the byte.
func TestAPoorLineIsBorne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const body = `{"legal_name":"By the byte","type":"ngo"}`
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		must(t, err)
		defer conn.Close()
		fmt.Fprintf(conn, "POST /v1/organizations HTTP/1.1\r\nHost: accord\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			w.as(domain.Staff).bearer(), len(body))
		for i := range len(body) {
			_, err := io.WriteString(conn, body[i:i+1])
			must(t, err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusCreated {
			t.Error(res.Status)
		}
	})
}
