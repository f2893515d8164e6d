package main

import (
	"io"
	"os"
)

// red gives a function that paints a text red where it is read on a terminal, and gives it back as it is elsewhere.
//
// Source: no-color.org
func red(w io.Writer) func(string) string {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(w) {
		return func(s string) string { return s }
	}
	return func(s string) string { return paint + s + unpaint }
}

const paint, unpaint = "\x1b[31m", "\x1b[0m"
