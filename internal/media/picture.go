package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// maxPixels is how large a picture is that is turned, which takes memory.
const maxPixels = 50_000_000

// turning is held by the one who turns a picture: of the largest it takes some hundred
// MiB, and of many at once whatever there is.
var turning = make(chan struct{}, 1)

var errDamaged = refuse("broken", "the picture is damaged; save it anew")

// cleanJPEG copies what makes the picture and nothing else (ITU-T T.81, annex B).
// One whose metadata says that it is to be turned is turned first.
func cleanJPEG(in io.ReadSeeker, w io.Writer) error {
	turn, err := orientation(in)
	if err != nil {
		return err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if turn > 1 {
		return turned(in, turn, w)
	}
	return copyJPEG(bufio.NewReader(in), w)
}

// The markers of JPEG that matter here.
const (
	startOfImage = 0xD8
	endOfImage   = 0xD9
	startOfScan  = 0xDA
	comment      = 0xFE
	app0         = 0xE0
	app1         = 0xE1
	appAdobe     = 0xEE // says how colors are stored; without it some come out wrong
	app15        = 0xEF
)

func copyJPEG(r *bufio.Reader, w io.Writer) error {
	m, err := marker(r)
	if err != nil || m != startOfImage {
		return damaged(err)
	}
	if _, err := w.Write([]byte{0xFF, startOfImage}); err != nil {
		return err
	}
	for {
		if m, err = marker(r); err != nil {
			return damaged(err)
		}
		if m == endOfImage { // what comes after is no part of the picture
			_, err := w.Write([]byte{0xFF, endOfImage})
			return err
		}
		body, err := segment(r)
		if err != nil {
			return damaged(err)
		}
		if tells(m, body) {
			continue
		}
		if err := writeSegment(w, m, body); err != nil {
			return err
		}
		if m == startOfScan {
			if err := copyScan(r, w); err != nil {
				return err
			}
		}
	}
}

// tells reports whether a segment may tell of who made the picture.
func tells(m byte, body []byte) bool {
	return m == comment || m >= app0 && m <= app15 && !(m == appAdobe && bytes.HasPrefix(body, []byte("Adobe")) && len(body) == 12)
}

func writeSegment(w io.Writer, m byte, body []byte) error {
	head := []byte{0xFF, m, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(body)+2))
	_, err := w.Write(append(head, body...))
	return err
}

// marker reads the next marker, which fill bytes may precede.
func marker(r *bufio.Reader) (byte, error) {
	b, err := r.ReadByte()
	if err != nil || b != 0xFF {
		return 0, damaged(err)
	}
	for b == 0xFF {
		if b, err = r.ReadByte(); err != nil {
			return 0, damaged(err)
		}
	}
	return b, nil
}

func segment(r io.Reader) ([]byte, error) {
	var length uint16
	if err := binary.Read(r, binary.BigEndian, &length); err != nil || length < 2 {
		return nil, damaged(err)
	}
	body := make([]byte, length-2)
	_, err := io.ReadFull(r, body)
	return body, damaged(err)
}

// copyScan copies coded data up to the next marker that is not part of it.
func copyScan(r *bufio.Reader, w io.Writer) error {
	out := bufio.NewWriter(w)
	for {
		next, err := r.Peek(2)
		if err != nil {
			return damaged(err)
		}
		if next[0] == 0xFF && next[1] != 0 && (next[1] < 0xD0 || next[1] > 0xD7) && next[1] != 0xFF {
			return out.Flush()
		}
		if err := out.WriteByte(next[0]); err != nil {
			return err
		}
		_, _ = r.Discard(1)
	}
}

// damaged words what a cut or malformed picture comes to; our own troubles stay.
func damaged(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if err == nil {
			return nil
		}
		return errDamaged
	}
	return err
}

// orientation reads how the picture is to be turned: 1, upright, to 8 (Exif 2.32,
// tag 0x0112).
func orientation(in io.Reader) (int, error) {
	r := bufio.NewReader(in)
	if m, err := marker(r); err != nil || m != startOfImage {
		return 0, errDamaged
	}
	for {
		m, err := marker(r)
		if err != nil {
			return 0, err
		}
		if m == startOfScan || m == endOfImage {
			return 1, nil
		}
		body, err := segment(r)
		if err != nil {
			return 0, err
		}
		if tiff, is := bytes.CutPrefix(body, []byte("Exif\x00\x00")); is && m == app1 {
			return orientationOf(tiff), nil
		}
	}
}

func orientationOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := int64(order.Uint16(tiff[at:]))
	for i := range entries {
		e := at + 2 + i*12
		if e+12 > int64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[e:]) == 0x0112 {
			if v := int(order.Uint16(tiff[e+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// turned draws the picture upright, which leaves nothing of the file it was in.
func turned(in io.ReadSeeker, turn int, w io.Writer) error {
	size, err := jpeg.DecodeConfig(in)
	if err != nil {
		return errDamaged
	}
	if size.Width*size.Height > maxPixels {
		return refuse("too_large_inside", "a picture that is to be turned has at most %d pixels; turn it before you send it", maxPixels)
	}
	turning <- struct{}{}
	defer func() { <-turning }()
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	was, err := jpeg.Decode(in)
	if err != nil {
		return errDamaged
	}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(was.At(x, y)).(color.RGBA) }
	if colored, ok := was.(*image.YCbCr); ok { // nearly every one: without an allocation for each pixel
		at = func(x, y int) color.RGBA {
			c := colored.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return color.RGBA{r, g, b, 255}
		}
	}
	b := was.Bounds()
	wide, high := b.Dx(), b.Dy()
	now := image.NewRGBA(image.Rect(0, 0, wide, high))
	if turn >= 5 {
		now = image.NewRGBA(image.Rect(0, 0, high, wide))
	}
	for y := range high {
		for x := range wide {
			to := place(turn, x, y, wide, high)
			now.SetRGBA(to.X, to.Y, at(b.Min.X+x, b.Min.Y+y))
		}
	}
	return jpeg.Encode(w, now, &jpeg.Options{Quality: 92})
}

// place is where a pixel goes when a picture is set upright.
func place(turn, x, y, wide, high int) image.Point {
	right, down := wide-1-x, high-1-y
	return [...]image.Point{1: {x, y}, 2: {right, y}, 3: {right, down}, 4: {x, down}, 5: {y, x}, 6: {down, x}, 7: {down, right}, 8: {y, right}}[turn]
}

// shown are the chunks of a PNG that make the picture (PNG, third edition,
// section 11). All others may tell of who made it.
var shown = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "sBIT": true, "bKGD": true, "pHYs": true}

const pngSignature = "\x89PNG\r\n\x1a\n"

func cleanPNG(in io.Reader, w io.Writer) error {
	r := bufio.NewReader(in)
	signature := make([]byte, len(pngSignature))
	if _, err := io.ReadFull(r, signature); err != nil || string(signature) != pngSignature {
		return errDamaged
	}
	if _, err := w.Write(signature); err != nil {
		return err
	}
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(r, head); err != nil {
			return damaged(err)
		}
		out, name := io.Discard, string(head[4:])
		if shown[name] {
			out = w
		}
		if _, err := out.Write(head); err != nil {
			return err
		}
		rest := int64(binary.BigEndian.Uint32(head)) + 4 // and a checksum
		if _, err := io.CopyN(out, r, rest); err != nil {
			return damaged(err)
		}
		if name == "IEND" {
			return nil
		}
	}
}
