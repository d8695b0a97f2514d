package media

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	// maxEntries is how many files an office document is made of at most.
	maxEntries = 5000
	// maxInflated is how large all of it is, unpacked, in bytes.
	maxInflated = 512 << 20
	// maxRatio is how much larger it becomes when unpacked. Text packs well; a bomb
	// packs a thousand times.
	maxRatio = 200
)

// inspectArchive reads every entry once, by what it really unpacks to, and says
// what the archive holds.
func (f *file) inspectArchive() error {
	z, err := openArchive(f.r, f.size)
	if err != nil {
		return err
	}
	limit := min(maxInflated, max(f.size*maxRatio, 1<<20))
	for _, e := range z.File {
		if err := checkEntry(e); err != nil {
			return err
		}
		n, err := inflate(e, io.Discard, limit)
		if err != nil {
			return err
		}
		limit -= n
	}
	f.inside, err = insideOf(z)
	return err
}

func openArchive(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, refuse("broken", "the file is damaged; save it anew")
	}
	if len(z.File) > maxEntries {
		return nil, refuse("too_many_parts", "an office document of more than %d parts is not taken", maxEntries)
	}
	seen := map[string]bool{}
	for _, e := range z.File {
		// Programs disagree about which of two they read.
		if name := strings.ToLower(e.Name); seen[name] {
			return nil, refuse("broken", "the file holds a part twice; save it anew")
		} else {
			seen[name] = true
		}
	}
	return z, nil
}

// harmful are the extensions of what an office document has no use for.
var harmful = []string{".exe", ".dll", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".jar", ".msi", ".scr", ".hta", ".lnk", ".html", ".htm", ".svg", ".swf",
	".zip", ".docm", ".xlsm", ".pptm", ".xlsb", ".class", ".sh", ".py"}

func checkEntry(e *zip.File) error {
	name := strings.ToLower(e.Name)
	switch {
	case e.Flags&1 != 0:
		return refuse("encrypted", "the document is locked with a password; save it without")
	case path.IsAbs(name) || strings.Contains(name, `\`) || slices.Contains(strings.Split(name, "/"), ".."):
		return refuse("broken", "the file holds a part with an impossible name; save it anew")
	case strings.Contains(path.Base(name), "vbaproject"), strings.Contains(path.Base(name), "vbadata"), strings.HasPrefix(name, "basic/"), strings.HasPrefix(name, "scripts/"),
		strings.Contains(name, "/macrosheets/"), strings.Contains(name, "/activex/"):
		return refuse("macros", "the document holds macros; save it without")
	case strings.Contains(name, "/embeddings/"), strings.HasPrefix(name, "object "), slices.Contains(harmful, path.Ext(name)):
		return refuse("embedded_file", "the document holds another file; send that one by itself")
	}
	return nil
}

// inflate unpacks an entry, up to a limit that its header has no say in.
func inflate(e *zip.File, w io.Writer, limit int64) (int64, error) {
	r, err := e.Open()
	if err != nil {
		return 0, refuse("broken", "a part of the file can't be unpacked; save it anew")
	}
	defer r.Close()
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	switch {
	case n > limit:
		return n, refuse("too_large_inside", "the file is far larger when unpacked than is taken")
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return n, refuse("broken", "a part of the file can't be unpacked; save it anew")
	}
	return n, err
}

// insideOf is the type that a document says its main part has. What it says is
// believed only together with a name that agrees.
func insideOf(z *zip.Reader) (string, error) {
	if len(z.File) > 0 && z.File[0].Name == "mimetype" {
		return textOf(z.File[0], 100)
	}
	for _, e := range z.File {
		if e.Name == "[Content_Types].xml" {
			return mainPart(e)
		}
	}
	return "", nil
}

func textOf(e *zip.File, limit int64) (string, error) {
	b := &strings.Builder{}
	_, err := inflate(e, b, limit)
	return strings.TrimSpace(b.String()), err
}

// mainPart reads the content types of an Office Open XML document (ECMA-376,
// part 2). One that allows macros is refused.
func mainPart(e *zip.File) (string, error) {
	text, err := textOf(e, 4<<20)
	if err != nil {
		return "", err
	}
	if strings.Contains(strings.ToLower(text), "macroenabled") || strings.Contains(text, "vbaProject") {
		return "", refuse("macros", "the document holds macros; save it without")
	}
	var types struct {
		Override []struct {
			ContentType string `xml:",attr"`
		}
	}
	if err := xml.Unmarshal([]byte(text), &types); err != nil {
		return "", refuse("broken", "the file is damaged; save it anew")
	}
	for _, o := range types.Override {
		if short, is := strings.CutPrefix(o.ContentType, "application/vnd.openxmlformats-officedocument."); is && strings.HasSuffix(short, ".main+xml") {
			return short, nil
		}
	}
	return "", nil
}
