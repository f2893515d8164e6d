package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// corpus plays published files on servers in memory: one pair for many, and one pair alone for a file that these do not take or that does not come
// back from them as it was, because there it may have met another resource of the same id or identity.
type corpus struct {
	t             *testing.T
	known         []refusal
	wrong         []string                  // what should not have been
	count         map[string]map[string]int // by what holds the files, then by what came of them
	covered       map[string]int            // refusals, by holder and row of the table
	first, second *adapter                  // the first gets files as they are, the second in the other form
	taken         map[string]bool           // addresses on the first
	holder        string
	judge         string // folder in which what is refused is left for a validator, or ""
}

// refusal is a row of the table: files that are truly wrong.
type refusal struct {
	files  string // the end of a name, with * for a part of it; a folder's name and a slash for all in it
	place  string // FHIRPath of the first thing that is wrong, with * for a part of it
	most   int    // so many in one folder or archive
	reason string
}

// TestAcceptCorpus sends every JSON and XML resource of the files, folders and archives that FHIR_CORPUS names to the program. What it takes must come
// back whole in the form it came in, and in that form again from a second server that got it in the other one. What it refuses must be listed
// in testdata/corpus/refused.tsv with the place and the reason.
func TestAcceptCorpus(t *testing.T) {
	t.Parallel()
	list := os.Getenv("FHIR_CORPUS")
	if list == "" {
		if list = os.Getenv("FHIR_R4_EXAMPLES"); list == "" {
			t.Skip("neither FHIR_CORPUS (files, folders, .jar, .zip and .tgz, parted as PATH is) nor FHIR_R4_EXAMPLES names published files to read")
		}
	}
	c := newCorpus(t)
	c.judge = os.Getenv("FHIR_CORPUS_REFUSED")
	require.NoError(t, readCorpus(list, c.play))
	c.close()
	c.tell()
	for _, words := range c.wrong {
		t.Error(words)
	}
}

func newCorpus(t *testing.T) *corpus {
	t.Helper()
	return &corpus{t: t, known: knownRefusals(t), count: map[string]map[string]int{}, covered: map[string]int{}}
}

// knownRefusals reads the table.
func knownRefusals(t *testing.T) []refusal {
	t.Helper()
	data, err := os.ReadFile("../../testdata/corpus/refused.tsv")
	require.NoError(t, err)
	var rows []refusal
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		require.Len(t, cells, 4, line)
		most, err := strconv.Atoi(cells[2])
		require.NoError(t, err, line)
		rows = append(rows, refusal{cells[0], cells[1], most, cells[3]})
	}
	return rows
}

// covers reports whether a row is about a file that is refused at a place.
func (r refusal) covers(name, at string) bool {
	switch {
	case !like(r.place, at):
		return false
	case strings.HasSuffix(r.files, "/"):
		return strings.Contains("/"+name, "/"+r.files)
	}
	return like("*/"+r.files, "/"+name)
}

// like compares a text with a pattern, in which * is any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}

func (c *corpus) add(what string) {
	if c.count[c.holder] == nil {
		c.count[c.holder] = map[string]int{}
	}
	c.count[c.holder][what]++
}

func (c *corpus) blame(p publishedFile, words string) {
	c.wrong = append(c.wrong, c.holder+"!"+p.name+": "+words)
}

// What came of a file that was not refused.
const (
	noResource = "no resource"
	whole      = "whole"
)

// tell prints what came of the files.
func (c *corpus) tell() {
	read, taken := 0, 0
	for _, holder := range slices.Sorted(maps.Keys(c.count)) {
		var words []string
		for _, what := range slices.Sorted(maps.Keys(c.count[holder])) {
			n := c.count[holder][what]
			words = append(words, fmt.Sprintf("%d %s", n, what))
			if what != noResource {
				read += n
			}
			if what == whole {
				taken += n
			}
		}
		c.t.Logf("%s: %s", holder, strings.Join(words, "; "))
	}
	c.t.Logf("%d resources read, %d taken and back whole", read, taken)
}

func (c *corpus) close() {
	for _, a := range []*adapter{c.first, c.second} {
		if a != nil {
			assert.NoError(c.t, a.store.Close())
		}
	}
	c.first, c.second, c.taken = nil, nil, map[string]bool{}
}

// openCorpusAdapter is the program with room for whole standards in one request.
func openCorpusAdapter(t *testing.T) *adapter {
	t.Helper()
	st, err := openStore(context.Background(), ":memory:", sqlstore.Options{})
	require.NoError(t, err)
	a := &adapter{t: t, store: st, clock: &stepped{at: monday}}
	ids := &scenario.IDs{Prefix: "id"}
	a.sys = wire(st, wiring{base: scenario.Base, guide: mapping.Settings{Zone: time.UTC, Guides: guides}, body: 64 << 20, unlimited: true, now: a.clock.now, newID: ids.Next})
	return a
}

func (c *corpus) play(holder, name string, data []byte) {
	if holder != c.holder {
		c.close()
		c.holder = holder
	}
	p, is := readHead(name, data)
	if !is {
		c.add(noResource)
		return
	}
	if _, is := fhir.LookupType(p.typ); !is {
		c.add("of a type that R4 lacks")
		return
	}
	if address := p.typ + "/" + p.id; c.first == nil || c.taken[address] || len(c.taken) > 300 {
		c.close()
		c.first, c.second = openCorpusAdapter(c.t), openCorpusAdapter(c.t)
	}
	c.taken[p.typ+"/"+p.id] = true
	refused, lost := comesBack(c.first, c.second, p)
	if len(refused) > 0 || lost != "" {
		first, second := openCorpusAdapter(c.t), openCorpusAdapter(c.t)
		refused, lost = comesBack(first, second, p)
		assert.NoError(c.t, first.store.Close())
		assert.NoError(c.t, second.store.Close())
	}
	switch {
	case len(refused) > 0:
		c.refused(p, refused)
	case lost != "":
		c.add("NOT WHOLE")
		c.blame(p, lost)
	default:
		c.add(whole)
	}
}

// refused looks a file up in the table.
func (c *corpus) refused(p publishedFile, issues []scenario.Issue) {
	if c.judge != "" {
		c.keep(p, issues)
	}
	at := issues[0].Expression
	for i, row := range c.known {
		if !row.covers(c.holder+"/"+p.name, at) {
			continue
		}
		key := c.holder + " " + strconv.Itoa(i)
		if c.covered[key]++; c.covered[key] > row.most {
			c.blame(p, fmt.Sprintf("refused at %s, and more than %d like it (%s): %s", at, row.most, row.reason, issues[0].Text))
		}
		c.add("refused: " + row.reason)
		return
	}
	c.add("REFUSED")
	c.blame(p, "refused at "+at+": "+issues[0].Text)
}

// keep writes a file that was refused to a folder, for a validator to judge, and why to a list beside it.
func (c *corpus) keep(p publishedFile, issues []scenario.Issue) {
	ending := ".json"
	if p.xml {
		ending = ".xml"
	}
	name := strings.NewReplacer("/", "~", " ", "_").Replace(c.holder+"!"+p.name) + ending
	require.NoError(c.t, os.WriteFile(filepath.Join(c.judge, name), p.data, 0o600))
	f, err := os.OpenFile(filepath.Join(c.judge, "index.tsv"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(c.t, err)
	_, err = fmt.Fprintf(f, "%s\t%s\t%s\t%s\t%q\n", name, c.holder, p.name, issues[0].Expression, issues[0].Text)
	require.NoError(c.t, err)
	require.NoError(c.t, f.Close())
}

const (
	formJSON = "application/fhir+json"
	formXML  = "application/fhir+xml"
)

// comesBack sends a resource to one server, what that one has in the other form to a second one, and compares what both have with what was sent.
func comesBack(first, second *adapter, p publishedFile) (refused []scenario.Issue, lost string) {
	form, other, value := formJSON, formXML, func(data []byte) (any, error) { return jsonValue(data) }
	if p.xml {
		form, other, value = formXML, formJSON, xmlValue
	}
	if p.typ == "Parameters" {
		return throughReader(p, form, other, value)
	}
	at, answer := first.keepsAs(p.typ, p.id, p.data, form)
	if !answer.OK() {
		if issues := answer.Issues(); len(issues) > 0 {
			return issues, ""
		}
		return nil, fmt.Sprintf("status %d without an issue", answer.Status)
	}
	want, err := value(p.data)
	if err != nil {
		return nil, "taken, and cannot be read: " + err.Error()
	}
	for _, step := range []struct {
		words string
		get   func() []byte
	}{
		{"", func() []byte { return first.ask(nobody, "GET", at, "", "Accept: "+form).Body }},
		{"through the other form: ", func() []byte {
			data := first.ask(nobody, "GET", at, "", "Accept: "+other).Body
			id := strings.Split(at, "/")[2]
			at, answer := second.keepsAs(p.typ, id, data, other)
			if !answer.OK() {
				return answer.Body
			}
			return second.ask(nobody, "GET", at, "", "Accept: "+form).Body
		}},
	} {
		data := step.get()
		have, err := value(data)
		if err != nil {
			return nil, fmt.Sprintf("%s%v: %.300s", step.words, err, data)
		}
		if d := difference(p.typ, want, have); d != "" {
			return nil, step.words + d
		}
	}
	return nil, ""
}

// throughReader does with Parameters, which no server stores, what can be done: the reader has them there and back.
func throughReader(p publishedFile, form, other string, value func([]byte) (any, error)) (refused []scenario.Issue, lost string) {
	in := func(form string, data []byte) (r *fhir.Resource, issues []fhir.Issue) {
		if form == formXML {
			if data, issues = fhir.FromXML(data); data == nil {
				return nil, issues
			}
		}
		return fhir.Read(data)
	}
	out := func(form string, r *fhir.Resource) []byte {
		if form == formXML {
			return r.XML()
		}
		return r.Bytes()
	}
	r, issues := in(form, p.data)
	if r == nil {
		return []scenario.Issue{{Expression: issues[0].Expression, Text: issues[0].Text}}, ""
	}
	again, issues := in(other, out(other, r))
	if again == nil {
		return nil, fmt.Sprint(issues)
	}
	want, err := value(p.data)
	if err != nil {
		return nil, "taken, and cannot be read: " + err.Error()
	}
	have, err := value(out(form, again))
	if err != nil {
		return nil, err.Error()
	}
	return nil, difference(p.typ, want, have)
}

// keepsAs sends a resource in one form to its own address, or to its type where it has none, and gives the address of the version that came of it.
func (a *adapter) keepsAs(typ, id string, data []byte, form string) (at string, answer scenario.Answer) {
	method, to := "POST", "/"+typ
	if regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`).MatchString(id) {
		method, to = "PUT", to+"/"+id
	}
	answer = a.ask(nobody, method, to, string(data), "Content-Type: "+form)
	if !answer.OK() {
		return "", answer
	}
	_, at, _ = strings.Cut(answer.Header.Get("Location"), scenario.Base)
	return "/" + typ + "/" + strings.Split(at+"//", "/")[2] + "/_history/1", answer
}
