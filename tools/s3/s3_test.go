// Package s3_test holds the S3 driver of package blob against a real server: the
// Versity gateway, over a folder.
package s3_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/internal/blob"
	"accord/internal/blob/blobtest"
)

const bucket = "accord"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// serve starts a server over a folder that holds one bucket.
func serve(t *testing.T) (o blob.S3Options, folder string) {
	t.Helper()
	gateway := filepath.Join(t.TempDir(), "versitygw")
	run(t, exec.Command("go", "build", "-o", gateway, "github.com/versity/versitygw/cmd/versitygw"))
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, bucket), 0o700); err != nil {
		t.Fatal(err)
	}
	address := free(t)
	server := exec.Command(gateway, "--port", address, "--access", "key", "--secret", "secret-of-the-test", "posix", folder)
	said := &bytes.Buffer{}
	server.Stdout, server.Stderr = said, said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", said)
		}
	})
	return blob.S3Options{Endpoint: "http://" + address, Bucket: bucket, Region: "us-east-1", KeyID: "key", Secret: "secret-of-the-test", PathStyle: true, Private: loopback}, folder
}

func run(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", c, err, out)
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// open waits for the server to be there.
func open(t *testing.T, o blob.S3Options) *blob.S3 {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for {
		s, err := blob.OpenS3(ctx, o)
		if err == nil {
			return s
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestS3Conforms(t *testing.T) {
	o, folder := serve(t)
	blobtest.Conform(t, open(t, o), func(t *testing.T, name string) []byte {
		b, err := os.ReadFile(filepath.Join(folder, bucket, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})

	for what, wrong := range map[string]func(*blob.S3Options){
		"a bucket that is not there":            func(o *blob.S3Options) { o.Bucket = "elsewhere" },
		"a wrong secret":                        func(o *blob.S3Options) { o.Secret = "another" },
		"a private address that nobody allowed": func(o *blob.S3Options) { o.Private = nil },
		"an endpoint with a path":               func(o *blob.S3Options) { o.Endpoint += "/path" },
		"no endpoint":                           func(o *blob.S3Options) { o.Endpoint = "s3" },
	} {
		o := o
		wrong(&o)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		_, err := blob.OpenS3(ctx, o)
		if stop(); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the secret", what)
		}
	}
}
