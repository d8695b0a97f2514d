// Package blobtest is what every blob.Store must hold to. Each driver's test
// runs it against the real thing.
package blobtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/blob"
)

// Conform runs the suite on an empty store. raw returns the bytes that the keeper
// of the store has under a name.
func Conform(t *testing.T, s blob.Store, raw func(t *testing.T, name string) []byte) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, blob.Store)
	}{
		{"what was put is got, in any part", parts},
		{"what fails half way is not there", halfWay},
		{"what is deleted is gone, once and again", deleted},
		{"only names that were drawn are names", names},
		{"what is old is listed", old},
		{"many at once", atOnce},
		{"a box opens what it sealed", boxed},
		{"a box refuses what was tampered with", tampered},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
	t.Run("the keeper learns nothing", func(t *testing.T) { learnsNothing(t, s, raw) })
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func put(t *testing.T, s blob.Store, b []byte) string {
	t.Helper()
	name := blob.NewName()
	n, err := s.Put(t.Context(), name, bytes.NewReader(b))
	if err != nil || n != int64(len(b)) {
		t.Fatalf("put %d of %d: %v", n, len(b), err)
	}
	return name
}

func get(t *testing.T, s blob.Store, name string, from, length int64) ([]byte, error) {
	t.Helper()
	r, err := s.Get(t.Context(), name, from, length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func parts(t *testing.T, s blob.Store) {
	for _, size := range []int{0, 1, 100_000, 9 << 20} { // the last takes two of S3's parts
		b := random(size)
		name := put(t, s, b)
		for _, p := range [][2]int{{0, size}, {0, size + 10}, {size / 2, size}, {size / 3, 1}, {size, 5}} {
			got, err := get(t, s, name, int64(p[0]), int64(p[1]))
			if err != nil || !bytes.Equal(got, b[min(p[0], size):min(p[0]+p[1], size)]) {
				t.Errorf("%d bytes, %d from %d: got %d: %v", size, p[1], p[0], len(got), err)
			}
		}
	}
	if _, err := get(t, s, blob.NewName(), 0, 1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}

var errCut = errors.New("the line was cut")

func halfWay(t *testing.T, s blob.Store) {
	for _, size := range []int{10, 9 << 20} {
		name := blob.NewName()
		_, err := s.Put(t.Context(), name, io.MultiReader(bytes.NewReader(random(size)), broken{}))
		if !errors.Is(err, errCut) {
			t.Errorf("the reader's error became %v", err)
		}
		if _, err := get(t, s, name, 0, 1); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%d bytes are there: %v", size, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	name := blob.NewName()
	if _, err := s.Put(ctx, name, bytes.NewReader(random(10))); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

func deleted(t *testing.T, s blob.Store) {
	name := put(t, s, random(10))
	for range 2 {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, s, name, 0, 10); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("it is there: %v", err)
		}
	}
}

func names(t *testing.T, s blob.Store) {
	for _, name := range []string{"", ".", "..", "../../etc/passwd", "a/b", strings.Repeat("A", 32), strings.Repeat("a", 31), strings.Repeat("a", 34), "unfinished/x"} {
		if _, err := s.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("%q was put", name)
		}
		if _, err := s.Get(t.Context(), name, 0, 1); err == nil {
			t.Errorf("%q was got", name)
		}
		if err := s.Delete(t.Context(), name); err == nil {
			t.Errorf("%q was deleted", name)
		}
	}
}

func old(t *testing.T, s blob.Store) {
	name := put(t, s, random(10))
	list := func(before time.Time) (out []string) {
		if err := s.Old(t.Context(), before, func(name string) error { out = append(out, name); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := list(time.Now().Add(time.Hour)); !slices.Contains(got, name) {
		t.Errorf("%s is not among %d old ones", name, len(got))
	}
	if got := list(time.Now().Add(-time.Hour)); len(got) > 0 {
		t.Errorf("%d are called older than they are", len(got))
	}
	if err := s.Old(t.Context(), time.Now().Add(time.Hour), func(string) error { return errCut }); !errors.Is(err, errCut) {
		t.Errorf("what the caller said became %v", err)
	}
}

func atOnce(t *testing.T, s blob.Store) {
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			b := random(200_000)
			got, err := get(t, s, put(t, s, b), 0, int64(len(b)))
			if err != nil || !bytes.Equal(got, b) {
				t.Errorf("got %d: %v", len(got), err)
			}
		})
	}
	group.Wait()
}

func boxed(t *testing.T, s blob.Store) {
	box, key := blob.Box{Store: s}, blob.NewKey()
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 300_000} {
		b := random(size)
		name, n, err := box.Put(t.Context(), key, bytes.NewReader(b))
		if err != nil || n != int64(size) {
			t.Fatalf("sealed %d of %d: %v", n, size, err)
		}
		c, err := box.Open(t.Context(), key, name, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range [][2]int{{0, size}, {size / 2, size - size/2}, {size / 3, min(1, size)}, {size, 0}} {
			r, err := c.Section(int64(p[0]), int64(p[1]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if r.Close(); err != nil || !bytes.Equal(got, b[p[0]:p[0]+p[1]]) {
				t.Errorf("%d bytes, %v as a stream: got %d: %v", size, p, len(got), err)
			}
			at := make([]byte, p[1])
			if n, err := c.ReadAt(at, int64(p[0])); err != nil && n < p[1] || !bytes.Equal(at, b[p[0]:p[0]+p[1]]) {
				t.Errorf("%d bytes, %v at once: %v", size, p, err)
			}
		}
		if _, err := c.Section(0, int64(size)+1); err == nil {
			t.Errorf("a section that goes past the end of %d", size)
		}
	}
}

func tampered(t *testing.T, s blob.Store) {
	box, key := blob.Box{Store: s}, blob.NewKey()
	size := int64(200_000)
	name, _, err := box.Put(t.Context(), key, bytes.NewReader(random(int(size))))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := get(t, s, name, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	const segment = 64<<10 + 16
	flipped := slices.Clone(sealed)
	flipped[segment+5] ^= 1
	swapped := slices.Concat(sealed[segment:2*segment], sealed[:segment], sealed[2*segment:])
	for what, c := range map[string]struct {
		sealed []byte
		size   int64
		key    []byte
	}{
		"a bit flipped":      {flipped, size, key},
		"segments swapped":   {swapped, size, key},
		"the end cut off":    {sealed[:3*segment], 3 * 64 << 10, key},
		"a segment left out": {slices.Concat(sealed[:segment], sealed[2*segment:]), size - 64<<10, key},
		"another key":        {sealed, size, blob.NewKey()},
		"under another name": {sealed, size, key},
		"shorter than said":  {sealed[:100], size, key},
		"empty":              {nil, size, key},
	} {
		// A store that writes over serves what somebody put there.
		replaced := name
		if what == "under another name" {
			replaced = blob.NewName()
		} else if err := s.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Put(t.Context(), replaced, bytes.NewReader(c.sealed)); err != nil {
			t.Fatal(err)
		}
		content, err := box.Open(t.Context(), c.key, replaced, c.size)
		if err != nil {
			t.Fatal(err)
		}
		if err := readAll(content); !errors.Is(err, blob.ErrSealed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := box.Put(t.Context(), nil, strings.NewReader("x")); err == nil {
		t.Error("sealed without a key")
	}
}

func readAll(c *blob.Content) error {
	r, err := c.Section(0, c.Size())
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

func learnsNothing(t *testing.T, s blob.Store, raw func(*testing.T, string) []byte) {
	const canary = "what nobody but its reader may learn"
	box := blob.Box{Store: s}
	name, _, err := box.Put(t.Context(), blob.NewKey(), strings.NewReader(strings.Repeat(canary, 5000)))
	if err != nil {
		t.Fatal(err)
	}
	got := raw(t, name)
	if len(got) < 5000*len(canary) || bytes.Contains(got, []byte(canary)) {
		t.Errorf("the keeper has %d bytes of it, in the clear: %t", len(got), bytes.Contains(got, []byte(canary)))
	}
	if fmt.Sprint(len(name)) != "32" {
		t.Errorf("a name of %d characters", len(name))
	}
}
