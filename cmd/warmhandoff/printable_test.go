package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNothingThatIsShownSteersTheTerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"María, 王, 🏥\tok\n":       "María, 王, 🏥\tok\n",
		"\x1b[2J\x1b]0;owned\x07": `\x1b[2J\x1b]0;owned\x07`,
		"accepted\rREFUSED":       `accepted\x0dREFUSED`,
		"\u009b31m\u202egpj.exe":  `\u009b31m\u202egpj.exe`,
		"\x80\xff\x7f":            `\x80\xff\x7f`,
		paint + "red" + unpaint:   paint + "red" + unpaint,
		"":                        "",
	} {
		var out bytes.Buffer
		n, err := printable{&out}.Write([]byte(text))
		require.NoError(t, err)
		assert.Len(t, text, n)
		assert.Equal(t, want, out.String())
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		var out bytes.Buffer
		n, err := printable{&out}.Write(text)
		require.NoError(t, err)
		require.Len(t, text, n)
		shown := strings.NewReplacer(paint, "", unpaint, "").Replace(out.String())
		for i, c := range shown {
			require.False(t, c < 0x20 && c != '\n' && c != '\t' || c == 0x7f || c == 0x1b, "%q at %d", shown, i)
		}
	})
}

func TestCheckShowsAHostileFileAsLetters(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "hostile.json")
	require.NoError(t, os.WriteFile(file, []byte("{\"resourceType\":\"Patient\",\"id\":\"\\u001b[2J\\u001b]0;x\\u0007\",\"\\u001b[31m\\u202e\":1}"), 0o600))
	got := runProgram(t, "", "check", file)
	assert.Equal(t, 1, got.status)
	assert.NotContains(t, got.out+got.err, "\x1b")
	assert.NotContains(t, got.out+got.err, "\u202e")
	assert.Contains(t, got.out, "REFUSED")
}

// endless is an input without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }

func TestFilesWithoutEndAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	_, err := readInput(t.Context(), endless{})
	require.EqualError(t, err, "the standard input is larger than 256 MiB, which no request may be.")
	_, err = readFile(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "is a folder: name the files in it")
	_, err = readFile(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "no such file")

	told, tell := context.WithCancel(t.Context())
	tell()
	pipe, hold := io.Pipe()
	defer func() { _ = hold.Close() }()
	_, err = readInput(told, pipe)
	require.EqualError(t, err, "stopped while the standard input was read.")
}
