package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// suffix ends the name of a checkpoint's file.
const suffix = ".checkpoint"

// Folder keeps checkpoints as files, best on another machine: a subfolder for
// each day, a file for each size. A file is whole when it appears and is never
// written again, so the other machine can forbid that.
type Folder string

// Keep writes a note of a size, made at a time. One that is there stays as it is.
func (f Folder) Keep(size int64, at time.Time, signed string) error {
	day := filepath.Join(string(f), at.UTC().Format(time.DateOnly))
	if err := os.MkdirAll(day, 0o755); err != nil {
		return err
	}
	name := filepath.Join(day, fmt.Sprintf("%012d%s", size, suffix))
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	return writeWhole(day, name, signed)
}

func writeWhole(folder, name, text string) error {
	made, err := os.CreateTemp(folder, ".checkpoint-*")
	if err != nil {
		return err
	}
	_, err = made.WriteString(text)
	err = errors.Join(err, made.Chmod(0o644), made.Sync(), made.Close())
	if err == nil {
		err = os.Rename(made.Name(), name)
	}
	if err != nil {
		_ = os.Remove(made.Name())
	}
	return err
}

// ReadNotes calls each with every note at path, which is a file of one, whatever its
// name, or a folder with files as Keep names them, at any depth. A folder without
// any is an error: what was to be compared is not there.
func ReadNotes(path string, each func(name, signed string) error) error {
	found := false
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || (name != path && !strings.HasSuffix(name, suffix)) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found = true
		return each(name, string(text))
	})
	if err == nil && !found {
		err = fmt.Errorf("%s holds no file *%s: name the folder, or the file, where checkpoints were kept", path, suffix)
	}
	return err
}
