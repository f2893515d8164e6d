package fhir

import (
	_ "embed"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exampleTask is a Task of the usual size, made up.
//
//go:embed testdata/task.json
var exampleTask []byte

func BenchmarkReadTask(b *testing.B) {
	b.SetBytes(int64(len(exampleTask)))
	b.ReportAllocs()
	for b.Loop() {
		if r, issues := Read(exampleTask); r == nil {
			b.Fatal(issues)
		}
	}
}

func BenchmarkReadStoredTask(b *testing.B) {
	b.SetBytes(int64(len(exampleTask)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadStored(exampleTask); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	r, issues := Read(exampleTask)
	require.Empty(b, issues)
	at := time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		r.Stamp("T1", 5, at)
	}
}

func BenchmarkWith(b *testing.B) {
	r, issues := Read(exampleTask)
	require.Empty(b, issues)
	b.ReportAllocs()
	for b.Loop() {
		r.With(SetMember("status", []byte(`"completed"`)), AppendItem("output", []byte(`{}`)))
	}
}

func BenchmarkTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
}
