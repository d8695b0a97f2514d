package blob

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Box seals what it puts into a store. A content is cut into segments, each
// sealed by AES-256-GCM under a key that is the content's alone, with its number
// and whether it is the last as nonce (the STREAM construction of Hoang,
// Reyhanitabar, Rogaway and Vizár, 2015): none can be changed, moved, left out
// or cut off unseen, and any part can be read without the rest.
type Box struct{ Store Store }

// KeySize is the length of a key, in bytes.
const KeySize = 32

// NewKey draws the key of a content. Whoever destroys every copy of it has
// destroyed the content.
func NewKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key)
	return key
}

const (
	segmentSize = 64 << 10
	overhead    = 16
	sealedSize  = segmentSize + overhead
)

// ErrSealed refuses a content that was altered, cut, moved, or sealed under
// another key.
var ErrSealed = errors.New("blob: the content does not open")

// boxKey is the key of one content: one key may seal several, such as the parts
// of an upload.
func boxKey(key []byte, name string) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, errors.New("blob: no key")
	}
	own, err := hkdf.Key(sha256.New, key, nil, "accord blob|"+name, KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func nonce(number int64, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint64(n[3:], uint64(number))
	if last {
		n[11] = 1
	}
	return n
}

// Put seals all that r gives under a new name.
func (b Box) Put(ctx context.Context, key []byte, r io.Reader) (name string, size int64, err error) {
	name = NewName()
	box, err := boxKey(key, name)
	if err != nil {
		return "", 0, err
	}
	s := &sealing{box: box, in: r, plain: make([]byte, segmentSize+1)}
	if _, err := b.Store.Put(ctx, name, s); err != nil {
		return "", 0, err
	}
	return name, s.size, nil
}

// sealing reads as the sealed form of in. It holds one byte more than a segment,
// to know which is the last.
type sealing struct {
	box    cipher.AEAD
	in     io.Reader
	plain  []byte
	held   int
	sealed []byte
	out    []byte // what is still to be given of sealed
	number int64
	size   int64
	done   bool
}

func (s *sealing) Read(p []byte) (int, error) {
	if len(s.out) == 0 {
		if s.done {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

func (s *sealing) next() error {
	n, err := io.ReadFull(s.in, s.plain[s.held:])
	if err != nil && !errors.Is(err, io.EOF) && err != io.ErrUnexpectedEOF {
		return err
	}
	n += s.held
	s.done = n <= segmentSize
	take := min(n, segmentSize)
	s.sealed = s.box.Seal(s.sealed[:0], nonce(s.number, s.done), s.plain[:take], nil)
	s.out, s.number, s.size = s.sealed, s.number+1, s.size+int64(take)
	s.held = copy(s.plain, s.plain[take:n])
	return nil
}

// Content is a sealed content that can be read from anywhere in it. It is not
// safe for concurrent use.
type Content struct {
	ctx   context.Context
	store Store
	box   cipher.AEAD
	name  string
	size  int64

	segment int64 // the number of the one that was opened last, and itself
	plain   []byte
}

// Open gives the content that was put under a name, of a known size, to be read
// while ctx lasts. That it is there and whole shows when it is read.
func (b Box) Open(ctx context.Context, key []byte, name string, size int64) (*Content, error) {
	box, err := boxKey(key, name)
	if err != nil {
		return nil, err
	}
	return &Content{ctx: ctx, store: b.Store, box: box, name: name, size: size, segment: -1}, nil
}

// Size is how long the content is, in bytes.
func (c *Content) Size() int64 { return c.size }

func (c *Content) last() int64 { return max(0, (c.size-1)/segmentSize) }

// sizeOf is how long a sealed segment is.
func (c *Content) sizeOf(segment int64) int64 {
	return min(segmentSize, c.size-segment*segmentSize) + overhead
}

// ReadAt reads a part, one segment at a time.
func (c *Content) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("blob: a negative offset")
	}
	for n < len(p) {
		if off >= c.size {
			return n, io.EOF
		}
		if err := c.load(off / segmentSize); err != nil {
			return n, err
		}
		k := copy(p[n:], c.plain[off%segmentSize:])
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

func (c *Content) load(segment int64) error {
	if c.segment == segment {
		return nil
	}
	r, err := c.store.Get(c.ctx, c.name, segment*sealedSize, c.sizeOf(segment))
	if err != nil {
		return err
	}
	defer r.Close()
	return c.open(segment, r)
}

// open reads a segment from where it begins in r.
func (c *Content) open(segment int64, r io.Reader) error {
	sealed := make([]byte, c.sizeOf(segment))
	if _, err := io.ReadFull(r, sealed); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return ErrSealed
		}
		return fmt.Errorf("blob: %w", err)
	}
	plain, err := c.box.Open(sealed[:0], nonce(segment, segment == c.last()), sealed, nil)
	if err != nil {
		c.segment = -1
		return ErrSealed
	}
	c.segment, c.plain = segment, plain
	return nil
}

// Section reads length bytes from an offset on as one stream, which asks the
// store once. The part must lie within the content.
func (c *Content) Section(from, length int64) (io.ReadCloser, error) {
	if from < 0 || length < 0 || from+length > c.size {
		return nil, errors.New("blob: the section is not within the content")
	}
	first, end := from/segmentSize, (from+length+segmentSize-1)/segmentSize
	r, err := c.store.Get(c.ctx, c.name, first*sealedSize, max(1, end-first)*sealedSize)
	if err != nil {
		return nil, err
	}
	own := *c
	return &stream{c: &own, in: r, segment: first, skip: from % segmentSize, left: length}, nil
}

type stream struct {
	c       *Content
	in      io.ReadCloser
	segment int64
	skip    int64
	out     []byte
	left    int64
	opened  bool
}

func (s *stream) Read(p []byte) (int, error) {
	// An empty content is a segment too, which must open.
	if s.left == 0 && (s.opened || s.c.size > 0) {
		return 0, io.EOF
	}
	if len(s.out) == 0 {
		if err := s.c.open(s.segment, s.in); err != nil {
			return 0, err
		}
		s.opened = true
		s.out, s.skip, s.segment = s.c.plain[s.skip:], 0, s.segment+1
	}
	n := copy(p, s.out[:min(int64(len(s.out)), s.left)])
	s.out, s.left = s.out[n:], s.left-int64(n)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s *stream) Close() error { return s.in.Close() }
