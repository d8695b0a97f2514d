package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"accord/domain"
)

// endless is text without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	n := copy(p, strings.Repeat("words\n", len(p)/6+1))
	return n, nil
}

func TestAFormHoldsNoMoreThanItsFields(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		kind, record := w.ownRecord(staff)
		field := func(name, text string) string {
			return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
		}
		whole := field("parent_kind", kind) + field("parent_id", idOf(record)) +
			"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n--x--\r\n"
		form := "multipart/form-data; boundary=x"

		// What comes after a field that the form doesn't know is not read: nobody
		// learns that the file is missing.
		many := &strings.Builder{}
		for i := range 100 {
			many.WriteString(field(fmt.Sprint("x", i), strings.Repeat("a", 1000)))
		}
		got := staff.post("/v1/documents", many.String()+"--x--\r\n", "Content-Type", form).want(422)
		got.fault("/x0", "unknown_field")
		if strings.Contains(string(got.Body), "/x1") || strings.Contains(string(got.Body), "/file") {
			t.Errorf("the form was read on: %s", got.Body)
		}

		// Nor is a form longer than the largest file and what is said of it.
		var largest int64
		for _, p := range domain.DocumentParents() {
			largest = max(largest, p.MaxSize())
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v1/documents",
			io.MultiReader(io.LimitReader(endless{}, (largest+(64<<10))/6*6), strings.NewReader("\r\n"+whole)))
		must(t, err)
		r.Header.Set("Content-Type", form)
		staff.present(r)
		w.send(r).want(413)
		if n := w.kept(); n != 0 {
			t.Errorf("%d contents are left of what was refused", n)
		}
		staff.post("/v1/documents", "words\r\n"+whole, "Content-Type", form).want(201)
	})
}
