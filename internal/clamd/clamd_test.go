package clamd

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// daemon answers one connection as do says, with what was sent as INSTREAM, and
// returns where it listens.
func daemon(t *testing.T, network string, do func(conn net.Conn)) Daemon {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		folder, err := os.MkdirTemp("", "clamd") // a socket's path is short
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
		address = filepath.Join(folder, "s")
	}
	at, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = at.Close() })
	go func() {
		conn, err := at.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		do(conn)
	}()
	return Daemon(network + ":" + at.Addr().String())
}

// stream reads chunks, as the daemon does, until the empty one or until it has had
// more than limit bytes, which it doesn't read.
func stream(r io.Reader, limit int) (content string, whole bool) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(r, command); err != nil || string(command) != "zINSTREAM\x00" {
		return "", false
	}
	var b strings.Builder
	for {
		var n uint32
		if binary.Read(r, binary.BigEndian, &n) != nil || b.Len()+int(n) > limit {
			return b.String(), false
		}
		if n == 0 {
			return b.String(), true
		}
		if _, err := io.CopyN(&b, r, int64(n)); err != nil {
			return b.String(), false
		}
	}
}

// answering reads the whole stream and then answers.
func answering(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, whole := stream(conn, 1<<30); whole {
			_, _ = io.WriteString(conn, answer)
		}
	}
}

func TestOnlyAWholeAnswerPasses(t *testing.T) {
	for answer, want := range map[string]struct {
		infected bool
		says     string // empty where nothing is wrong
	}{
		"stream: OK\x00":                              {},
		"stream: Win.Test.EICAR_HDB-1 FOUND\x00":      {infected: true},
		"stream: Eicar-Test-Signature(44d8:68) FOUND": {infected: true}, // the line was cut before its end: it is malware all the same
		"stream: O": {says: "EOF"},
		"":          {says: "EOF"},
		"INSTREAM size limit exceeded. ERROR\x00": {says: ErrTooLarge.Error()},
		"stream: Can't allocate memory ERROR\x00": {says: "Can't allocate memory ERROR"},
		"UNKNOWN COMMAND\x00":                     {says: "UNKNOWN COMMAND"},
		"stream: OK ERROR\x00":                    {says: "ERROR"},
		"ok\x00":                                  {says: "answered"},
		strings.Repeat("a", 4096):                 {says: "EOF"},
	} {
		infected, err := daemon(t, "tcp", answering(answer)).Scan(t.Context(), strings.NewReader("words"))
		if infected != want.infected || (err == nil) != (want.says == "") || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("%q: %v, %v", answer[:min(len(answer), 60)], infected, err)
		}
	}
}

func TestTheContentArrivesAsItIs(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 7} {
			want, got := strings.Repeat("a", size), make(chan string, 1)
			infected, err := daemon(t, network, func(conn net.Conn) {
				content, _ := stream(conn, 1<<30)
				got <- content
				_, _ = io.WriteString(conn, "stream: OK\x00")
			}).Scan(t.Context(), strings.NewReader(want))
			if infected || err != nil || <-got != want {
				t.Errorf("%d bytes by %s: %v, %v", size, network, infected, err)
			}
		}
	}
}

// TestWhatIsTooLargeIsSaid has the daemon answer in the middle and hang up with the
// rest unread, as it does.
func TestWhatIsTooLargeIsSaid(t *testing.T) {
	infected, err := daemon(t, "unix", func(conn net.Conn) {
		_, _ = stream(conn, 2*chunk)
		_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
	}).Scan(t.Context(), strings.NewReader(strings.Repeat("a", 64*chunk)))
	if infected || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, %v", infected, err)
	}
}

func TestWhatBreaksOffIsNotClean(t *testing.T) {
	for name, do := range map[string]func(net.Conn){
		"at once":       func(net.Conn) {},
		"in the middle": func(conn net.Conn) { _, _ = stream(conn, 2*chunk) },
	} {
		if infected, err := daemon(t, "tcp", do).Scan(t.Context(), strings.NewReader(strings.Repeat("a", 64*chunk))); infected || err == nil || errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v, %v", name, infected, err)
		}
	}
	// A content that can't be read to its end was not scanned, whatever the daemon
	// thinks of its beginning.
	broken := errors.New("broken")
	lenient := func(conn net.Conn) {
		_, _ = io.CopyN(io.Discard, conn, int64(len("zINSTREAM\x00")+4+5))
		_, _ = io.WriteString(conn, "stream: OK\x00")
	}
	if _, err := daemon(t, "tcp", lenient).Scan(t.Context(), io.MultiReader(strings.NewReader("words"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a content that breaks off: %v", err)
	}
	if _, err := Daemon("unix:"+filepath.Join(t.TempDir(), "none")).Scan(t.Context(), strings.NewReader("")); err == nil {
		t.Error("nobody scans")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := daemon(t, "tcp", answering("stream: OK\x00")).Scan(over, strings.NewReader("")); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is over: %v", err)
	}
}

// failing is a content of which nothing more can be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAnAddressIsCheckedAtTheStart(t *testing.T) {
	for address, fine := range map[Daemon]bool{
		"unix:/run/clamav/clamd.ctl": true, "tcp:127.0.0.1:3310": true, "tcp:[::1]:3310": true, "": false, "tcp": false, "unix:": false, "http://clamd": false, "127.0.0.1:3310": false,
	} {
		if err := address.Check(); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}
