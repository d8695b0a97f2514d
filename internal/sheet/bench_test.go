package sheet

import (
	"bytes"
	"fmt"
	"testing"
)

// meetings writes a register of the size and shape of mep-meetings.
func meetings(b *testing.B, rows int) [][]any {
	b.Helper()
	cells := make([][]any, rows)
	for i := range cells {
		cells[i] = []any{i, "['ENVI', 'ITRE']", "Germany", fmt.Sprintf("%02d-%02d-2021", i%28+1, i%12+1), "Digital Services Act", 197403,
			"S&D", fmt.Sprintf("Organization %d, Foo, Inc., Bar (a, b)", i), "Brussels ", "Alex Example", "Shadow rapporteur", fmt.Sprintf("Meeting %d on the single market", i)}
	}
	return cells
}

var meetingHeader = []string{"", "committees", "country", "date", "dossier", "epid", "group", "lobbyists", "location", "mep", "role", "title"}

const benchmarkRows = 23050

func readAll(b *testing.B, data []byte, src Source) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(bytes.NewReader(data), "f", src, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range s.Rows() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != benchmarkRows {
			b.Fatal(n)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	var file bytes.Buffer
	if err := WriteCSV(&file, meetingHeader, seq(meetings(b, benchmarkRows)...)); err != nil {
		b.Fatal(err)
	}
	readAll(b, file.Bytes(), Source{Format: "csv"})
}

func BenchmarkReadXLSX(b *testing.B) {
	var file bytes.Buffer
	if err := WriteXLSX(&file, "Data", meetingHeader, seq(meetings(b, benchmarkRows)...)); err != nil {
		b.Fatal(err)
	}
	readAll(b, file.Bytes(), Source{Format: "xlsx"})
}

func BenchmarkApplyMapping(b *testing.B) {
	m := mappingFile(b, "mep-meetings.yaml")
	var file bytes.Buffer
	if err := WriteCSV(&file, meetingHeader, seq(meetings(b, benchmarkRows)...)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		for r, err := range m.Read(bytes.NewReader(file.Bytes()), "f", Limits{}) {
			if err != nil || len(r.Refusals) > 0 {
				b.Fatal(r, err)
			}
		}
	}
}

func BenchmarkWriteXLSX(b *testing.B) {
	rows := meetings(b, benchmarkRows)
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteXLSX(&bytes.Buffer{}, "Data", meetingHeader, seq(rows...)); err != nil {
			b.Fatal(err)
		}
	}
}
