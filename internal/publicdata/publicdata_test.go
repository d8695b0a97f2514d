package publicdata

import (
	"os"
	"path/filepath"
	"testing"
)

// seen is a test as File sees it, which it may end.
type seen struct {
	testing.TB
	failed bool
}

func (s *seen) Helper()             {}
func (s *seen) Logf(string, ...any) {}
func (s *seen) Fatal(...any)        { s.failed = true }

// TestWhatIsMissingFromDataThatIsThereFails looks for a file where there is no folder,
// where the folder lacks it and where it is.
func TestWhatIsMissingFromDataThatIsThereFails(t *testing.T) {
	root := filepath.Join(t.TempDir(), "repository")
	look := func(failed, ok bool, text string) {
		t.Helper()
		s := &seen{TB: t}
		data, there := File(s, root, "a/list.csv")
		if s.failed != failed || !failed && there != ok || string(data) != text {
			t.Errorf("failed %t, found %t, read %q; want %t, %t, %q", s.failed, there, data, failed, ok, text)
		}
	}
	folder := filepath.Join(root, "..", "shared", "data", "a")
	look(false, false, "")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	look(true, false, "")
	if err := os.WriteFile(filepath.Join(folder, "list.csv"), []byte("a,b"), 0o600); err != nil {
		t.Fatal(err)
	}
	look(false, true, "a,b")
}
