package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/blob"
	"accord/internal/clamd"
)

// photograph is a JPEG that lies on its side, red on the left, and tells of its
// maker in Exif, XMP, a remark, and after its end.
func photograph(t *testing.T) string {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := color.RGBA{0, 0, 255, 255}
			if x < 32 {
				c = color.RGBA{255, 0, 0, 255}
			}
			picture.Set(x, y, c)
		}
	}
	b := &bytes.Buffer{}
	must(t, jpeg.Encode(b, picture, nil))
	maker := "TELLTALE camera 9041\x00"
	tiff := []byte("II*\x00\x08\x00\x00\x00\x03\x00")
	for _, e := range [][3]uint32{{0x010F<<16 | 2, uint32(len(maker)), 50}, {0x0112<<16 | 3, 1, 6}, {0x8825<<16 | 4, 1, 50}} {
		tiff = binary.LittleEndian.AppendUint16(tiff, uint16(e[0]>>16))
		tiff = binary.LittleEndian.AppendUint16(tiff, uint16(e[0]))
		tiff = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(tiff, e[1]), e[2])
	}
	tiff = append(tiff, 0, 0, 0, 0)
	tiff = append(tiff, maker...)
	segment := func(marker byte, body string) string {
		return string(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))) + body
	}
	whole := b.String()
	return whole[:2] + segment(0xE1, "Exif\x00\x00"+string(tiff)) + segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00<TELLTALE/>") +
		segment(0xFE, "TELLTALE remark") + whole[2:] + "TELLTALE trailer"
}

// drawing is a PNG that tells of its maker in its texts, Exif, and after its end.
func drawing(t *testing.T) string {
	t.Helper()
	b := &bytes.Buffer{}
	must(t, png.Encode(b, image.NewGray(image.Rect(0, 0, 4, 4))))
	whole := b.String()
	chunk := func(name, body string) string { // no program checks the sum of a text
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + name + body + "\x00\x00\x00\x00"
	}
	at := 8 + 25 // after the signature and IHDR
	return whole[:at] + chunk("tEXt", "Author\x00TELLTALE") + chunk("eXIf", "II*\x00TELLTALE") + chunk("iTXt", "TELLTALE") + whole[at:] + "TELLTALE"
}

func TestWhatTellsOfASurvivorIsTakenOutOfAFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		advisor := w.caller(domain.Advising)
		_, record := w.ownRecord(advisor)
		send := func(name, file string) *result {
			return advisor.document("/v1/documents", name, file, "parent_kind", "submission", "parent_id", idOf(record))
		}
		files := map[string]string{
			"TELLTALE.jpg": photograph(t),
			"TELLTALE.png": drawing(t),
			"TELLTALE.docx": officeFile("[Content_Types].xml", contentTypes,
				"docProps/core.xml", `<cp:coreProperties><dc:creator>TELLTALE</dc:creator></cp:coreProperties>`,
				"docProps/app.xml", `<Properties><Company>TELLTALE</Company></Properties>`,
				"docProps/thumbnail.jpeg", "TELLTALE",
				"word/people.xml", `<w15:person w15:author="TELLTALE"/>`,
				"word/comments.xml", `<w:comment w:id="1" w:author="TELLTALE" w:initials='TELLTALE' w:date="2026-01-02T03:04:05Z"><w:t>What I said.</w:t></w:comment>`,
				"word/document.xml", `<w:p w:rsidR="0A1B2C3D"><!-- TELLTALE --><w:ins w:author="TELLTALE"><w:t>What I saw.</w:t></w:ins></w:p>`),
		}
		for name, file := range files {
			d := send(name, file).want(201)
			out := string(w.anyone().get(advisor.link("/v1/documents/" + d.str("id"))).want(200).Body)
			said := out
			switch filepath.Ext(name) {
			case ".jpg":
				picture, err := jpeg.Decode(strings.NewReader(out))
				must(t, err)
				if b := picture.Bounds(); b.Dx() != 32 || b.Dy() != 64 {
					t.Fatalf("a picture on its side comes back as %v", b)
				}
				if r, _, blue, _ := picture.At(16, 8).RGBA(); r < blue {
					t.Error("the picture was turned the wrong way")
				}
			case ".png":
				_, err := png.Decode(strings.NewReader(out))
				must(t, err)
			case ".docx":
				said = unpacked(t, out)
				if !strings.Contains(said, "What I saw.") || !strings.Contains(said, "What I said.") {
					t.Errorf("the words are gone: %s", said)
				}
				if strings.Contains(said, "0A1B2C3D") || strings.Contains(said, "03:04:05") {
					t.Errorf("the document tells when it was written: %s", said)
				}
			}
			if strings.Contains(said, "TELLTALE") || strings.Contains(said, "Exif") {
				t.Errorf("%s comes back with what tells of its maker", name)
			}
			if strings.Contains(string(d.Body), "TELLTALE") {
				t.Errorf("its record has what tells of its maker: %s", d.Body)
			}
		}
		send("a.pdf", aPDF).want(422).fault("/file", "not_cleanable")
		if n := w.kept(); n != len(files) {
			t.Errorf("%d contents are kept of %d", n, len(files))
		}
	})
}

func unpacked(t *testing.T, file string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	must(t, err)
	out := &strings.Builder{}
	for _, e := range z.File {
		out.WriteString(e.Name + e.Comment + string(e.Extra))
		r, err := e.Open()
		must(t, err)
		_, err = io.Copy(out, r)
		must(t, err)
	}
	return out.String()
}

func TestAWithdrawnSubmissionTakesItsDocumentsAlong(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.CollectAfter = time.Nanosecond }, func(t *testing.T, w *world) {
		advisor := w.caller(domain.Advising)
		d := w.documentFor(advisor)
		submission := "/v1/submissions/" + advisor.get(d).str("parent_id")
		link := advisor.link(d)
		advisor.move(submission, "withdraw", nil).want(200)
		advisor.get(d).want(404)
		w.anyone().get(link).want(404)
		if n := w.count("SELECT count(*) FROM documents") + w.count("SELECT count(*) FROM document_versions"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		must(t, w.server.Jobs()["documents.collect"](t.Context(), w.system(), nil))
		if n := w.kept(); n != 0 {
			t.Errorf("%d contents are left", n)
		}
	})
}

func TestAContentWithoutADocumentIsDestroyedAndADocumentWithoutItsContentIsTold(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.CollectAfter = time.Nanosecond }, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		d := w.documentFor(staff)
		folder, err := blob.OpenLocal(w.blobs)
		must(t, err)
		defer folder.Close()
		_, _, err = blob.Box{Store: folder}.Put(t.Context(), blob.NewKey(), strings.NewReader("orphan"))
		must(t, err)
		collect := func() { must(t, w.server.Jobs()["documents.collect"](t.Context(), w.system(), nil)) }
		if collect(); w.kept() != 1 {
			t.Errorf("%d contents are kept, want 1", w.kept())
		}
		w.anyone().get(staff.link(d)).want(200)
		if strings.Contains(w.log.String(), "content is gone") {
			t.Error("the log tells of a loss that is none")
		}
		must(t, folder.Old(t.Context(), time.Now().Add(time.Hour), func(name string) error { return folder.Delete(t.Context(), name) }))
		if collect(); !strings.Contains(w.log.String(), "content is gone") || !strings.Contains(w.log.String(), idOf(d)) {
			t.Error("nobody is told that a content is gone")
		}
	})
}

// scannerAt answers as clamd does to INSTREAM: infected is what holds the word
// MALWARE, and more than limit bytes are not scanned. It counts its scans.
func scannerAt(t *testing.T, limit int) (clamd.Daemon, *atomic.Int64) {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { at.Close() })
	scans := &atomic.Int64{}
	go func() {
		for {
			conn, err := at.Accept()
			if err != nil {
				return
			}
			scans.Add(1)
			_, _ = io.WriteString(conn, scanStream(conn, limit)+"\x00")
			_ = conn.Close()
		}
	}()
	return clamd.Daemon("tcp:" + at.Addr().String()), scans
}

func scanStream(r io.Reader, limit int) string {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(r, command); err != nil || string(command) != "zINSTREAM\x00" {
		return "UNKNOWN COMMAND"
	}
	stream := &bytes.Buffer{}
	for {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); err != nil {
			return "ERROR"
		}
		if n == 0 {
			break
		}
		if _, err := io.CopyN(stream, r, int64(n)); err != nil {
			return "ERROR"
		}
	}
	switch {
	case stream.Len() > limit:
		return "INSTREAM size limit exceeded. ERROR"
	case strings.Contains(stream.String(), "MALWARE"):
		return "stream: Win.Test.EICAR_HDB-1 FOUND"
	}
	return "stream: OK"
}

func TestNoFileIsHandedOutThatTheScannerHasNotPassed(t *testing.T) {
	scanner, scans := scannerAt(t, 200_000)
	eachWith(t, func(o *api.Options) { o.Scanner, o.RequireScan = scanner, true }, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		kind, record := w.ownRecord(staff)
		for _, c := range []struct {
			text, found string
			link, kept  int
		}{
			{"words " + strings.Repeat("a", 150_000), "clean", 201, 1},
			{"some MALWARE here", "infected", 409, 1},
			{strings.Repeat("a", 300_000), "failed", 409, 2},
		} {
			d := staff.document("/v1/documents", "a.txt", c.text, "parent_kind", kind, "parent_id", idOf(record)).want(201)
			path := "/v1/documents/" + d.str("id")
			staff.post(path+"/link", `{}`).want(409) // it waits
			before := scans.Load()
			job := []byte(`{"document":"` + d.str("id") + `","number":1}`)
			must(t, w.server.Jobs()["document.scan"](t.Context(), w.system(), job))
			if scans.Load() == before {
				t.Fatal("the scanner was never asked")
			}
			var got struct{ Versions []struct{ Scan string } }
			if staff.get(path).want(200).into(&got); got.Versions[0].Scan != c.found {
				t.Errorf("found %s, want %s", got.Versions[0].Scan, c.found)
			}
			staff.post(path+"/link", `{}`).want(c.link)
			if n := w.kept(); n != c.kept {
				t.Errorf("after %s %d contents are kept, want %d", c.found, n, c.kept)
			}
		}
	})
}

func TestAStoppedOrganizationReadsNoDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization()
		partner, staff := w.member(domain.Partner, org.ID), w.as(domain.Staff)
		path := w.documentFor(partner)
		link := partner.link(path)
		w.anyone().get(link).want(200)
		staff.move("/v1/organizations/"+string(org.ID), "suspend", map[string]string{"reason": "A complaint."}).want(200)
		w.anyone().get(link).want(404)
		partner.get(path).want(404)
		partner.post(path+"/link", `{}`).want(404)
		partner.document(path+"/versions", "a.txt", "words").want(404)
	})
}
