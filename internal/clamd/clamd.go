// Package clamd asks a ClamAV daemon whether a content is malware, by the
// INSTREAM command of its protocol (clamd(8)).
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Daemon is where a clamd listens: "unix:/run/clamav/clamd.ctl" or
// "tcp:127.0.0.1:3310".
type Daemon string

// ErrTooLarge says that the daemon takes no stream of this length; its
// StreamMaxLength decides.
var ErrTooLarge = errors.New("clamd: the stream is larger than the daemon scans")

const (
	chunk = 64 << 10
	// patience is how long the daemon may think.
	patience = 5 * time.Minute
)

// Check says what is wrong with an address.
func (d Daemon) Check() error {
	network, address, ok := strings.Cut(string(d), ":")
	if !ok || address == "" || network != "unix" && network != "tcp" {
		return errors.New("write unix:/path or tcp:host:port")
	}
	return nil
}

// Scan reports whether the content is infected. An error says that it could not
// be told.
func (d Daemon) Scan(ctx context.Context, r io.Reader) (infected bool, err error) {
	network, address, _ := strings.Cut(string(d), ":")
	dialer := net.Dialer{Timeout: 10 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return false, fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return false, fmt.Errorf("clamd: %w", err)
	}
	sent := send(conn, r)
	answer, err := bufio.NewReader(io.LimitReader(conn, 1024)).ReadString(0)
	switch answer = strings.TrimSuffix(answer, "\x00"); {
	case answer == "stream: OK":
		return false, sent // it may be OK only up to where we broke off
	case strings.HasSuffix(answer, " FOUND"):
		return true, nil
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"):
		return false, ErrTooLarge
	case sent != nil:
		return false, sent
	case err != nil:
		return false, fmt.Errorf("clamd: %w", err)
	}
	return false, fmt.Errorf("clamd: answered %q", answer)
}

// send writes the content in chunks, each after its length, and then an empty
// one.
func send(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	buf := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(r, buf[4:])
		binary.BigEndian.PutUint32(buf, uint32(n))
		if n > 0 {
			if _, err := w.Write(buf[:4+n]); err != nil {
				return fmt.Errorf("clamd: %w", err)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			_, err := w.Write([]byte{0, 0, 0, 0})
			return err
		}
		if err != nil {
			return err
		}
	}
}
