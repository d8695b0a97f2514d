package api

import (
	"io"
	"net/http"
	"time"
)

// Patience is how slowly a client may send what it has to say.
type Patience struct {
	// Grace is how long it may take to send anything; each Rate bytes give it a
	// second more.
	Grace time.Duration
	Rate  int64
}

// defaultPatience bears a poor line, but nobody who only keeps a place.
var defaultPatience = Patience{Grace: 15 * time.Second, Rate: 4 << 10}

const (
	// requestTime is how long one request may take.
	requestTime = 30 * time.Second
	// uploadTime is how long one may take whose body is a file.
	uploadTime = 5 * time.Minute
)

// patient cuts off a body that comes too slowly. The headers' time is the
// listener's to bound.
func patient(p Patience, h http.Handler) http.Handler {
	if p == (Patience{}) {
		p = defaultPatience
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A body in chunks may have come with a length as well, by which a proxy took
		// its end to be elsewhere: nothing more is read from that line (RFC 9112, 6.1).
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		if r.Body != nil && r.Body != http.NoBody {
			body := &waited{ReadCloser: r.Body, Patience: p, line: http.NewResponseController(w), began: time.Now()}
			body.wait() // for what nobody reads, too
			r.Body = body
		}
		h.ServeHTTP(w, r)
	})
}

// waited is a body that is waited for.
type waited struct {
	io.ReadCloser
	Patience
	line  *http.ResponseController
	began time.Time
	read  int64
}

func (b *waited) wait() {
	within := min(b.Grace+time.Duration(float64(b.read)/float64(b.Rate)*float64(time.Second)), uploadTime)
	// Where the line can't be cut, as in a test without one, the server's own limit holds.
	_ = b.line.SetReadDeadline(b.began.Add(within))
}

func (b *waited) Read(p []byte) (int, error) {
	b.wait()
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}
