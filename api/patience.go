package api

import (
	"cmp"
	"io"
	"net/http"
	"time"

	"accord/repository"
)

// Patience is how slowly a client may send what it has to say, and take what it
// is told.
type Patience struct {
	// Grace is how long it may take to send anything; each Rate bytes give it a
	// second more.
	Grace time.Duration
	Rate  int64
	// Wait is how long it may take nothing of an answer; 30 seconds if zero.
	Wait time.Duration
}

// defaultPatience bears a poor line, but nobody who only keeps a place.
var defaultPatience = Patience{Grace: 15 * time.Second, Rate: 4 << 10}

const defaultWait = 30 * time.Second

const (
	// requestTime is how long one request may take.
	requestTime = repository.RequestTime
	// uploadTime is how long one may take whose body is a file.
	uploadTime = repository.UploadTime
)

// patient cuts off a body that comes too slowly. The headers' time is the
// listener's to bound.
func patient(p Patience, h http.Handler) http.Handler {
	if p.Grace == 0 {
		p.Grace, p.Rate = defaultPatience.Grace, defaultPatience.Rate
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A body in chunks may have come with a length as well, by which a proxy took
		// its end to be elsewhere: nothing more is read from that line (RFC 9112, 6.1).
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		if r.Body != nil && r.Body != http.NoBody {
			// What is asked for, and so how long it may take, is told by the path before
			// any route is chosen.
			most := min(timeFor(r, r.URL.Path), uploadTime)
			body := &waited{ReadCloser: r.Body, Patience: p, line: http.NewResponseController(w), began: time.Now(), most: most}
			body.wait()                    // for what nobody reads, too
			r = r.WithContext(r.Context()) // net/http must know its own body, to refuse one that it need not read
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
	// most is how long the whole may take, however much comes.
	most time.Duration
	read int64
}

func (b *waited) wait() {
	within := min(b.Grace+time.Duration(float64(b.read)/float64(b.Rate)*float64(time.Second)), b.most)
	// Where the line can't be cut, as in a test without one, the server's own limit holds.
	_ = b.line.SetReadDeadline(b.began.Add(within))
}

func (b *waited) Read(p []byte) (int, error) {
	b.wait()
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}

// awaited is an answer of which each piece is to be taken within a time, and the
// whole before its end.
type awaited struct {
	http.ResponseWriter
	wait time.Duration
	end  time.Time
}

// answered gives an answer that is made within a time no less than a file's to
// arrive.
func (p Patience) answered(w http.ResponseWriter, within time.Duration) http.ResponseWriter {
	return &awaited{w, cmp.Or(p.Wait, defaultWait), time.Now().Add(max(within, uploadTime))}
}

// piece is how much of an answer is waited for at once.
const piece = 32 << 10

func (a *awaited) Write(p []byte) (n int, err error) {
	for first := true; first || len(p) > 0 && err == nil; first = false {
		until := time.Now().Add(a.wait)
		if a.end.Before(until) {
			until = a.end
		}
		// Where the line can't be cut, as in a test without one, the server's own limit holds.
		_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(until)
		var written int
		written, err = a.ResponseWriter.Write(p[:min(piece, len(p))])
		n, p = n+written, p[written:]
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *awaited) Unwrap() http.ResponseWriter { return a.ResponseWriter }
