package media_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"accord/internal/media"
)

// sideways is a picture of a size that its camera says lies on its side.
func sideways(t testing.TB, wide, high int) []byte {
	t.Helper()
	b, all := &bytes.Buffer{}, image.NewRGBA(image.Rect(0, 0, wide, high))
	for i := range all.Pix { // nothing that packs well
		all.Pix[i] = byte(i * i >> 3)
	}
	if err := jpeg.Encode(b, all, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	return slices.Concat([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(tiff) + 2)}, tiff, b.Bytes()[2:])
}

func turn(t testing.TB, picture []byte, w io.Writer) {
	if err := media.Clean(media.Kind{Type: "image/jpeg", Cleaned: true}, bytes.NewReader(picture), int64(len(picture)), w); err != nil {
		t.Error(err)
	}
}

// writing counts who is between the first byte of a picture and its end.
type writing struct {
	began bool
	now   *atomic.Int32
	most  *atomic.Int32
}

func (w *writing) Write(p []byte) (int, error) {
	if !w.began {
		w.began = true
		if n := w.now.Add(1); n > w.most.Load() {
			w.most.Store(n)
		}
	}
	if bytes.HasSuffix(p, []byte{0xff, 0xd9}) { // the end of a JPEG
		w.now.Add(-1)
	}
	return len(p), nil
}

// TestPicturesAreTurnedOneAtATime sends several at once: the memory that one takes is
// all that they take together.
func TestPicturesAreTurnedOneAtATime(t *testing.T) {
	picture := sideways(t, 600, 400)
	var now, most atomic.Int32
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() { turn(t, picture, &writing{now: &now, most: &most}) })
	}
	group.Wait()
	if most.Load() != 1 || now.Load() != 0 {
		t.Errorf("%d at once, %d not ended", most.Load(), now.Load())
	}
}

func TestAPictureOnItsSideStandsUpright(t *testing.T) {
	b := &bytes.Buffer{}
	turn(t, sideways(t, 60, 40), b)
	size, err := jpeg.DecodeConfig(bytes.NewReader(b.Bytes()))
	if err != nil || size.Width != 40 || size.Height != 60 || bytes.Contains(b.Bytes(), []byte("Exif")) {
		t.Errorf("%+v, %v", size, err)
	}
}

// BenchmarkTurn turns the largest picture that is taken.
func BenchmarkTurn(b *testing.B) {
	picture := sideways(b, 7000, 7000)
	for b.Loop() {
		turn(b, picture, io.Discard)
	}
}
