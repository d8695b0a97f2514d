package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/blob"
	"accord/openapi"
	"accord/repository"
)

// linkLife is for how long a link to a file is good.
const linkLife = 2 * time.Minute

// link is what the address of a file stands for. It is its maker's alone: it ends
// with the maker's session, and opens no more than the maker may read then.
type link struct {
	Document domain.DocumentID         `json:"d"`
	Number   int                       `json:"n"`
	Session  domain.ID[domain.Session] `json:"s"`
	Expires  time.Time                 `json:"e"`
}

// linkBox seals links. What is sealed is signed too, and tells nobody who made
// it or for what.
func linkBox(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// LinkFile makes an address at which the caller's browser can take a file.
func (s *Server) LinkFile(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.LinkRequest](c)
	if err != nil {
		return err
	}
	d, err := s.as(c).Documents.Get(ctx(c), domain.DocumentID(id))
	if err != nil {
		return err
	}
	v, err := d.Readable(in.Number, s.requireScan)
	if err != nil {
		return err
	}
	sid, _ := c.Get("sid").(domain.ID[domain.Session])
	l := link{d.ID, v.Number, sid, s.store.Now().Add(linkLife)}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.links.Seal(nil, nil, text, nil))
	return c.JSON(http.StatusCreated, openapi.FileLink{URL: s.baseURL + "/v1/files/" + sealed, ExpiresAt: l.Expires})
}

// GetFile hands out the file of a link, whole or in part, to whoever the link's
// maker still is, once: who got hold of the address of a file that was taken, from a
// history or a log, has nothing.
func (s *Server) GetFile(c echo.Context, sealed string) error {
	l, used, err := s.openLink(sealed)
	if err != nil {
		return err
	}
	standing, err := s.store.Standing(ctx(c), l.Session)
	if err != nil {
		return err
	}
	if !standing.Live || !standing.Actor.May(domain.ReadFile) {
		return errNoFile
	}
	maker := s.store.As(standing.Actor)
	d, v, err := maker.Documents.Opened(ctx(c), l.Document, l.Number, s.requireScan, used)
	if err != nil {
		return err
	}
	key, err := maker.Documents.ContentKey(ctx(c), d, v)
	if err != nil {
		return err
	}
	content, err := s.box.Open(ctx(c), key, v.Blob, v.Size)
	if err != nil {
		return err
	}
	return serveFile(c, v, content)
}

var errNoFile = domain.Refuse(domain.NotFound, "there is no such file, or the link has run out; make another")

// openLink returns what a link stands for, and by what it is known once it was used:
// by what is sealed, since one content can be spelled in several ways.
func (s *Server) openLink(sealed string) (l link, used repository.UsedLink, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return l, used, errNoFile
	}
	text, err := s.links.Open(nil, nil, raw, nil)
	if err != nil || json.Unmarshal(text, &l) != nil || !s.store.Now().Before(l.Expires) {
		return l, used, errNoFile
	}
	sum := sha256.Sum256(raw)
	return l, repository.UsedLink{ID: hex.EncodeToString(sum[:]), ExpiresAt: l.Expires}, nil
}

// serveFile answers with a file to be saved. Its content type is one that no
// browser shows or runs, whatever the file is.
func serveFile(c echo.Context, v *domain.DocumentVersion, content *blob.Content) error {
	digest, err := hex.DecodeString(v.SHA256)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition(v.FileName))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":") // RFC 9530
	h.Set("ETag", strconv.Quote(v.SHA256))
	file := &seeker{content: content}
	defer file.Close()
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, file)
	return nil
}

// disposition names a file for saving (RFC 6266), in ASCII and, for programs that
// know RFC 8187, in full.
func disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
}

// seeker reads a content from wherever it is put, in one request to its keeper
// for each place.
type seeker struct {
	content *blob.Content
	at      int64
	open    io.ReadCloser
}

func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.content.Size()
	}
	if offset < 0 {
		return 0, errors.New("a place before the beginning")
	}
	if offset != s.at {
		s.at = offset
		return s.at, s.Close()
	}
	return s.at, nil
}

func (s *seeker) Read(p []byte) (int, error) {
	if s.at >= s.content.Size() {
		return 0, io.EOF
	}
	if s.open == nil {
		var err error
		if s.open, err = s.content.Section(s.at, s.content.Size()-s.at); err != nil {
			return 0, err
		}
	}
	n, err := s.open.Read(p)
	s.at += int64(n)
	return n, err
}

func (s *seeker) Close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}
