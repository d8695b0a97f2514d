package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// Local is a Store in a folder. Nothing outside of it can be reached, whatever
// links stand inside.
type Local struct{ root *os.Root }

// unfinished is where a content lies until it is whole.
const unfinished = "unfinished"

// OpenLocal opens a folder, and makes it if it isn't there, for its owner alone.
func OpenLocal(folder string) (*Local, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := root.MkdirAll(unfinished, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %w", err), root.Close())
	}
	return &Local{root}, nil
}

// Close releases the folder.
func (l *Local) Close() error { return l.root.Close() }

// place spreads contents over 256 folders.
func place(name string) (folder, file string) { return name[:2], path.Join(name[:2], name) }

// Put writes beside, and puts in place what is whole and on disk.
func (l *Local) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	beside := path.Join(unfinished, name)
	size, err := l.write(beside, under{ctx, r})
	if err == nil {
		err = l.settle(beside, name)
	}
	if err != nil {
		return 0, errors.Join(err, l.remove(beside))
	}
	return size, nil
}

func (l *Local) write(file string, r io.Reader) (int64, error) {
	f, err := l.root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("blob: %w", err)
	}
	n, err := io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

func (l *Local) settle(beside, name string) error {
	folder, file := place(name)
	if err := l.root.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	// A rename would write over what is there.
	if err := l.root.Link(beside, file); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return errors.Join(l.remove(beside), l.sync(folder), l.sync("."))
}

// sync makes the names in a folder as durable as what they name.
func (l *Local) sync(folder string) error {
	d, err := l.root.Open(folder)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func (l *Local) remove(file string) error {
	if err := l.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Get reads a part of a file.
func (l *Local) Get(_ context.Context, name string, from, length int64) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	_, file := place(name)
	f, err := l.root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return section{io.NewSectionReader(f, from, length), f}, nil
}

type section struct {
	io.Reader
	io.Closer
}

// Delete removes the file.
func (l *Local) Delete(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, file := place(name)
	return l.remove(file)
}

// Old walks the folder.
func (l *Local) Old(ctx context.Context, before time.Time, fn func(string) error) error {
	return fs.WalkDir(l.root.FS(), ".", func(file string, e fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if e.IsDir() {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
			return nil
		}
		if err != nil {
			return err
		}
		if path.Dir(file) == unfinished {
			return l.remove(file)
		}
		if checkName(e.Name()) != nil {
			return nil // not ours
		}
		return fn(e.Name())
	})
}
