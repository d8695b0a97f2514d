package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
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
