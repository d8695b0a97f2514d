package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"accord/api"
	"accord/domain"
	"accord/internal/sheet"
	"accord/repository"
)

// importCmd loads a spreadsheet, as POST /v1/imports does.
type importCmd struct {
	File     string `arg:"" type:"existingfile" help:"The CSV (perhaps gzipped) or XLSX file."`
	Mapping  string `required:"" type:"existingfile" help:"The mapping file; mappings/README.md describes it."`
	Register string `help:"A name for where the file comes from, the same each time. Without it, the mapping file's name."`
	DryRun   bool   `help:"Report what would happen, and keep nothing."`
	Refusals string `help:"Write what was refused to this new CSV file instead of the screen."`
}

// Help is the long form of the command's help.
func (*importCmd) Help() string {
	return `Every row that can't be taken is reported as CSV with its row, column, cell, value and reason; the others are kept. A second run of the same file changes nothing. mappings/ has the mappings of some public registers, and its README describes how one is written.

  accord import register.csv --mapping mappings/sp500.yaml --dry-run
  accord import register.csv --mapping mappings/sp500.yaml --refusals refused.csv`
}

// Run loads the file.
func (cmd *importCmd) Run(s surroundings, c *config) error {
	mapping, err := cmd.readMapping()
	if err != nil {
		return err
	}
	file, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	store, err := openCurrent(s, c)
	if err != nil {
		return err
	}
	defer store.Close()
	report, err := cmd.report(s)
	if err != nil {
		return err
	}
	show := progress(s.stderr)
	if cmd.Register == "" {
		cmd.Register = strings.TrimSuffix(filepath.Base(cmd.Mapping), filepath.Ext(cmd.Mapping))
	}
	began := time.Now()
	run := api.Importing{
		As: store.As(system), Register: cmd.Register, Mapping: mapping, FileName: filepath.Base(cmd.File), File: file,
		DryRun: cmd.DryRun, Keep: func(_ *repository.Session, total int, f domain.ImportFigures, refused []sheet.Refusal) error {
			report.rows = append(report.rows, refused...)
			show(total, f)
			return nil
		},
	}
	figures, failure := run.Run(s.ctx)
	fmt.Fprintf(s.stdout, "read %d, created %d, matched %d, skipped %d, refused %d, organizations made %d, in %.1f s\n",
		figures.Read, figures.Created, figures.Matched, figures.Skipped, figures.Refused, figures.Organizations, time.Since(began).Seconds())
	return errors.Join(failure, report.close())
}

func (cmd *importCmd) readMapping() (*sheet.Mapping, error) {
	text, err := os.ReadFile(cmd.Mapping)
	if err != nil {
		return nil, err
	}
	m, err := sheet.ParseMapping(text, api.ImportEntities())
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", cmd.Mapping, err)
	}
	return m, nil
}

// refusals are what is refused, written at the end: to the named file, else to
// the screen.
type refusals struct {
	rows []sheet.Refusal
	file *os.File
	out  io.Writer
}

func (cmd *importCmd) report(s surroundings) (*refusals, error) {
	if cmd.Refusals == "" {
		return &refusals{out: s.stdout}, nil
	}
	f, err := os.OpenFile(cmd.Refusals, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return &refusals{file: f, out: f}, err
}

// close writes the report. A cell of the file that was read can't run as a
// formula in this one.
func (r *refusals) close() (err error) {
	if len(r.rows) > 0 {
		err = sheet.WriteCSV(r.out, []string{"row", "field", "column", "cell", "value", "reason"}, r.cells)
	}
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

func (r *refusals) cells(yield func([]any, error) bool) {
	for _, x := range r.rows {
		if !yield([]any{x.Row, x.Field, x.Column, x.Cell, x.Value, x.Reason}, nil) {
			return
		}
	}
}

// progress draws a bar, where someone is looking.
func progress(w io.Writer) func(int, domain.ImportFigures) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return func(int, domain.ImportFigures) {}
	}
	const width = 40
	return func(total int, figures domain.ImportFigures) {
		done := figures.Done()
		if total == 0 {
			return
		}
		full := width * done / total
		fmt.Fprintf(w, "\r[%s%s] %d of %d", strings.Repeat("#", full), strings.Repeat(".", width-full), done, total)
		if done == total {
			fmt.Fprintln(w)
		}
	}
}
