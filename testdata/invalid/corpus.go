// Package invalid is the corpus of wrong input: requests that must be refused, each with all that must be said of it. README.md tells how it is
// written. Tests read it; the program does not carry it.
package invalid

import (
	"bytes"
	"embed"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed *.txtar
var files embed.FS

// Case is one wrong request.
type Case struct {
	File string // "codes"
	Name string // "a code outside the value set"

	After   []string // bundles to post first, as paths below testdata
	Alone   bool     // not to be tried inside a Bundle
	Packed  bool     // the body is to be sent as gzip
	Method  string
	Path    string   // below the base
	Headers []string // "Name: value"
	Body    []byte

	ByReader bool // the strict reader finds it without a server
	Status   int
	Issues   []string // "error structure Task.foo", "-" for the whole; in any order
	More     bool     // there are others besides
}

// Cases gives the corpus, file by file. It panics where a file is not written as it should be.
func Cases() []Case {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	var all []Case
	for _, e := range entries {
		data, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		cases, err := parse(strings.TrimSuffix(e.Name(), ".txtar"), data)
		if err != nil {
			panic(fmt.Sprintf("invalid: %s: %v", e.Name(), err))
		}
		all = append(all, cases...)
	}
	return all
}

func parse(file string, data []byte) ([]Case, error) {
	sections := txtar.Parse(data).Files
	var cases []Case
	for i := 0; i+1 < len(sections); i += 2 {
		c := Case{File: file, Name: sections[i].Name}
		if sections[i+1].Name != "want" {
			return nil, fmt.Errorf("%s: what follows is not what is wanted", c.Name)
		}
		if err := c.request(sections[i].Data); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if err := c.want(string(sections[i+1].Data)); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		cases = append(cases, c)
	}
	if len(sections)%2 != 0 {
		return nil, fmt.Errorf("%s: nothing is wanted", sections[len(sections)-1].Name)
	}
	return cases, nil
}

// request reads directives, the request line and headers, and behind an empty line the body.
func (c *Case) request(data []byte) error {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	c.Body = expand(bytes.TrimSuffix(body, []byte("\n")))
	for line := range strings.SplitSeq(strings.TrimSpace(string(head)), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasSuffix(word, ":"):
			c.Headers = append(c.Headers, word+" "+string(expand([]byte(rest))))
		case word == "after":
			c.After = append(c.After, rest)
		case word == "alone":
			c.Alone = true
		case word == "packed":
			c.Packed = true
		case c.Method == "" && word == strings.ToUpper(word):
			c.Method, c.Path = word, string(expand([]byte(rest)))
		default:
			return fmt.Errorf("line not understood: %q", line)
		}
	}
	if c.Method == "" || !strings.HasPrefix(c.Path, "/") {
		return fmt.Errorf("no request line")
	}
	return nil
}

func (c *Case) want(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "by":
			c.ByReader = rest == "reader"
		case "status":
			c.Status, _ = strconv.Atoi(rest)
		case "fatal", "error":
			c.Issues = append(c.Issues, line)
		case "more":
			c.More = true
		default:
			return fmt.Errorf("line not understood: %q", line)
		}
	}
	if c.Status == 0 || len(c.Issues) == 0 {
		return fmt.Errorf("a status and an issue are wanted")
	}
	return nil
}

var (
	repeated = regexp.MustCompile(`<<(\d+) \* ([^<>]*)>>`)
	bytewise = regexp.MustCompile(`<<hex ([0-9a-f]+)>>`)
)

// expand writes out <<17000 * x>>, innermost first, and <<hex ff>>.
func expand(data []byte) []byte {
	for repeated.Match(data) {
		data = repeated.ReplaceAllFunc(data, func(found []byte) []byte {
			m := repeated.FindSubmatch(found)
			n, _ := strconv.Atoi(string(m[1]))
			return bytes.Repeat(m[2], n)
		})
	}
	return bytewise.ReplaceAllFunc(data, func(found []byte) []byte {
		raw, _ := hex.DecodeString(string(bytewise.FindSubmatch(found)[1]))
		return raw
	})
}
