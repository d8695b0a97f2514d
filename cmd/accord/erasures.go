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
		return errors.Join(settle(filepath.Join(c.ErasureDir, mark+erasedSuffix), os.O_CREATE|os.O_WRONLY), settle(c.ErasureDir, os.O_RDONLY))
	})
}

// settle has what a name stands for on the disk when it returns.
func settle(name string, flag int) error {
	f, err := os.OpenFile(name, flag, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// redoErasures erases what a backup brought back, before anybody can read it, and has
// written again what the folder lacks, as after it was lost or changed for another.
func (c *config) redoErasures(s surroundings, store *repository.Store) error {
	if c.ErasureDir == "" {
		return nil
	}
	files, err := os.ReadDir(c.ErasureDir)
	if err != nil {
		return err
	}
	marks := map[string]bool{}
	for _, f := range files {
		if mark, ok := strings.CutSuffix(f.Name(), erasedSuffix); ok {
			marks[mark] = true
		}
	}
	n, err := store.RedoErasures(s.ctx, marks)
	if n > 0 {
		c.logger(s).Warn("the database is from before some erasures; they are done again", "erasures", n)
	}
	if err != nil {
		return err
	}
	lost, err := store.LostErasures(s.ctx, marks)
	if lost > 0 {
		c.logger(s).Warn("ACCORD_ERASURE_DIR lacks marks that were written; they are written again", "marks", lost)
	}
	return err
}
