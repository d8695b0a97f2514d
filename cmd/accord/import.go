package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"accord/api"
	"accord/domain"
	"accord/internal/sheet"
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
	report, closeReport, err := cmd.report(s)
	if err != nil {
		return err
	}
	if cmd.Register == "" {
		cmd.Register = strings.TrimSuffix(filepath.Base(cmd.Mapping), filepath.Ext(cmd.Mapping))
	}
	began := time.Now()
	run := api.Importing{
		As: store.As(system), Register: cmd.Register, Mapping: mapping, FileName: filepath.Base(cmd.File), File: file,
		DryRun: cmd.DryRun, Progress: progress(s.stderr), Refused: report,
	}
	figures, failure := run.Run(s.ctx)
	fmt.Fprintf(s.stdout, "read %d, created %d, matched %d, skipped %d, refused %d, organizations made %d, in %.1f s\n",
		figures.Read, figures.Created, figures.Matched, figures.Skipped, figures.Refused, figures.Organizations, time.Since(began).Seconds())
	return errors.Join(failure, closeReport())
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

// report gathers what is refused and writes it at the end: to the named file,
// else to the screen. A cell of the file that was read can't run as a formula
// in the one that is written.
func (cmd *importCmd) report(s surroundings) (func([]sheet.Refusal) error, func() error, error) {
	out, finish := s.stdout, func() error { return nil }
	if cmd.Refusals != "" {
		f, err := os.OpenFile(cmd.Refusals, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, err
		}
		out, finish = f, f.Close
	}
	var all []sheet.Refusal
	gather := func(refusals []sheet.Refusal) error { all = append(all, refusals...); return nil }
	write := func() error {
		if len(all) == 0 {
			return finish()
		}
		header := []string{"row", "field", "column", "cell", "value", "reason"}
		return errors.Join(sheet.WriteCSV(out, header, refusalRows(all)), finish())
	}
	return gather, write, nil
}

func refusalRows(all []sheet.Refusal) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range all {
			if !yield([]any{r.Row, r.Field, r.Column, r.Cell, r.Value, r.Reason}, nil) {
				return
			}
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
