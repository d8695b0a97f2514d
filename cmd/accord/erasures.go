package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"accord/repository"
)

// erasedSuffix ends the name of the empty file that a mark of an erasure is.
const erasedSuffix = ".erased"

// keepErasures writes the marks of what was erased where the settings say, if they do.
func (c *config) keepErasures(ctx context.Context, store *repository.Store) error {
	if c.ErasureDir == "" {
		return nil
	}
	return store.KeepErasures(ctx, func(mark string) error {
		f, err := os.OpenFile(filepath.Join(c.ErasureDir, mark+erasedSuffix), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// redoErasures erases what a backup brought back, before anybody can read it.
func (c *config) redoErasures(s surroundings, store *repository.Store) error {
	if c.ErasureDir == "" {
		return nil
	}
	files, err := os.ReadDir(c.ErasureDir)
	if err != nil {
		return err
	}
	var marks []string
	for _, f := range files {
		if mark, ok := strings.CutSuffix(f.Name(), erasedSuffix); ok {
			marks = append(marks, mark)
		}
	}
	n, err := store.RedoErasures(s.ctx, marks)
	if n > 0 {
		c.logger(s).Warn("the database is from before some erasures; they are done again", "erasures", n)
	}
	return err
}
