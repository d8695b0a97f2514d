package vault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

const maxFileSize = 64 << 10

// What a parser says of a malformed file could quote a key, so this is all we say.
var errMalformed = errors.New(`not a master key: want a JSON object of "keyset" and "derivation" as WriteNew writes it`)

// file is the master key at rest. Neither part is of use without the other:
// losing the derivation secret breaks every keyed hash made with it.
type file struct {
	Keyset     []byte `json:"keyset"`     // Tink keyset, binary, in the clear
	Derivation []byte `json:"derivation"` // 32 bytes
}

// LoadMaster reads the file that WriteNew wrote. It refuses a file that anyone
// but its owner can read or write.
func LoadMaster(path string) (*Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	defer f.Close()
	if err := checkPrivate(f); err != nil {
		return nil, fmt.Errorf("master key file %s %w", path, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	m, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("master key file %s: %w", path, err)
	}
	return m, nil
}

// ParseMaster reads the same file from its base64 form (RFC 4648, section 4), as
// kept in an environment variable. White space around the value is ignored.
func ParseMaster(encoded string) (*Master, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return nil, errors.New("master key: not base64 of a master key file")
	}
	m, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return m, nil
}

// WriteNew writes the master key to a new file that only its owner can read,
// and returns once it is on disk. It never overwrites: where path exists, the
// error is fs.ErrExist and the file stays as it was.
func (m *Master) WriteNew(path string) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if err := writeAndClose(f, b); err != nil {
		return fmt.Errorf("master key: %w", errors.Join(err, os.Remove(path)))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return nil
}

func (m *Master) encode() ([]byte, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	var keys bytes.Buffer
	if err := insecurecleartextkeyset.Write(m.keys, keyset.NewBinaryWriter(&keys)); err != nil {
		return nil, fmt.Errorf("vault: encode: %w", err)
	}
	return json.Marshal(file{Keyset: keys.Bytes(), Derivation: m.secret}, jsontext.Multiline(true))
}

func decode(b []byte) (*Master, error) {
	if len(b) > maxFileSize {
		return nil, fmt.Errorf("over %d bytes: %w", maxFileSize, errMalformed)
	}
	var f file
	if err := json.Unmarshal(b, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, errMalformed
	}
	if len(f.Derivation) != secretSize {
		return nil, errMalformed
	}
	keys, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(f.Keyset)))
	if err != nil {
		return nil, errMalformed
	}
	m, err := newMaster(keys, f.Derivation)
	if err != nil {
		return nil, errMalformed
	}
	return m, nil
}

func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("can be used by others than its owner (mode %04o): chmod 600 it", mode)
	}
	return nil
}

func writeAndClose(f *os.File, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a new file's name as durable as its contents.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
