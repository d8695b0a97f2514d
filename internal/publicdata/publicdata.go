// Package publicdata gives tests the public data that lies beside the repository on some machines, in
// the folder shared/data: it is too large to be kept here, or not ours to pass on.
package publicdata

import (
	"os"
	"path/filepath"
	"testing"
)

// File reads a file by its path inside the folder. Where there is no such folder ok is false, and
// the log says so; in one that is there a file that is missing fails the test, or its check would
// be left out without a word. up is the way from the test's package to the repository's root.
func File(tb testing.TB, up, name string) (data []byte, ok bool) {
	tb.Helper()
	folder := filepath.Join(up, "..", "shared", "data")
	if _, err := os.Stat(folder); os.IsNotExist(err) {
		tb.Logf("no public data lies beside the repository: nothing is held against %s", name)
		return nil, false
	}
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		tb.Fatal(err)
	}
	return data, true
}
