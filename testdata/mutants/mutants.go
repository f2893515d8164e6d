// Package mutants makes resources with one thing wrong in them, of right ones and by a seed, and holds what HAPI's validator says of each. Tests hold our
// own verdicts against those. README.md tells how it is done and argues each difference. The program does not carry it.
package mutants

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// Seed and PerKind are what the verdicts that are kept were asked with.
const (
	Seed    = 10
	PerKind = 105
)

//go:embed bases.ndjson
var bases string

// Mutant is a resource of FHIR R4 in JSON with one thing wrong in it, or none.
type Mutant struct {
	ID     string `json:"id"`     // "bad date 7"
	Kind   string `json:"kind"`   // "bad date"
	Change string `json:"change"` // what was done: "a month that there is none of"
	Place  string `json:"place"`  // where: "Task.authoredOn"
	Base   string `json:"base"`   // the id of the right one that it was made of
	Text   string `json:"text"`
}

// Right is the kind of a resource to which nothing was done.
const Right = "nothing"

// Bases returns our own resources, which are right and about people who do not exist, one JSON text each.
func Bases() []string { return strings.Split(strings.TrimSpace(bases), "\n") }

// Make returns mutants of the resources, up to perKind of each kind, and before them the resources themselves. The same arguments give the same mutants.
// It panics where a resource is no JSON of a type that R4 has.
func Make(resources []string, seed uint64, perKind int) []Mutant {
	var all []Mutant
	for i, text := range resources {
		all = append(all, Mutant{ID: right(i), Kind: Right, Change: Right, Place: typeOf(decode(text)).Name, Base: right(i), Text: text})
	}
	for i := range kinds {
		all = append(all, kinds[i].draw(resources, seed, perKind)...)
	}
	return all
}

// right returns the id of a resource to which nothing was done.
func right(i int) string { return fmt.Sprintf("%s %d", Right, i+1) }

// kind is a kind of defect.
type kind struct {
	name    string
	changes []change
}

// change is one way to make a defect of a kind.
type change struct {
	name string
	fits func(*spot) bool    // where it can be made
	make func(*spot)         // makes it in a decoded resource
	text func(string) string // instead of both: makes it in the text of any resource
}

// chosen is a change and where it is made.
type chosen struct {
	change   *change
	resource int
	spot     int
}

// draw makes mutants of one kind: of each change in turn, at a place that is drawn, until there are enough or no place is left.
func (k *kind) draw(resources []string, seed uint64, most int) []Mutant {
	queues := make([][]chosen, len(k.changes))
	for i := range k.changes {
		c := &k.changes[i]
		for r, text := range resources {
			if c.text != nil {
				queues[i] = append(queues[i], chosen{c, r, 0})
				continue
			}
			for s, spot := range spots(decode(text)) {
				if c.fits(spot) {
					queues[i] = append(queues[i], chosen{c, r, s})
				}
			}
		}
		slices.SortFunc(queues[i], func(a, b chosen) int { return cmp.Compare(a.lot(k, seed), b.lot(k, seed)) })
	}
	var all []Mutant
	met := map[string]bool{}
	for round, left := 0, true; left && len(all) < most; round++ {
		left = false
		for _, queue := range queues {
			if round >= len(queue) || len(all) == most {
				continue
			}
			left = true
			if m := queue[round].made(resources); !met[m.Text] && m.Text != resources[queue[round].resource] {
				met[m.Text] = true
				m.ID, m.Kind, m.Base = fmt.Sprintf("%s %d", k.name, len(all)+1), k.name, right(queue[round].resource)
				all = append(all, m)
			}
		}
	}
	return all
}

// lot returns a number that orders what is drawn: a hash, so that it is the same each time.
func (c chosen) lot(k *kind, seed uint64) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %s %d %d", k.name, c.change.name, c.resource, c.spot)
	n := h.Sum64() ^ seed*0x9e3779b97f4a7c15
	n = (n ^ n>>32) * 0xd6e8feb86659fd93 // its high bits depend on all of the text only then
	return (n ^ n>>32) * 0xd6e8feb86659fd93
}

// made makes the change.
func (c chosen) made(resources []string) Mutant {
	text := resources[c.resource]
	if c.change.text != nil {
		return Mutant{Change: c.change.name, Place: typeOf(decode(text)).Name, Text: c.change.text(text)}
	}
	root := decode(text)
	s := spots(root)[c.spot]
	m := Mutant{Change: c.change.name, Place: s.place()}
	c.change.make(s)
	m.Text = encode(s.root)
	return m
}

func decode(text string) map[string]any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		panic(fmt.Sprintf("mutants: %v", err))
	}
	return root
}

func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("mutants: %v", err))
	}
	return strings.TrimSpace(b.String())
}

// typeOf returns the type of a resource.
func typeOf(resource map[string]any) *fhir.Type {
	name, _ := resource["resourceType"].(string)
	typ, ok := fhir.LookupType(name)
	if !ok {
		panic("mutants: not a resource type: " + name)
	}
	return typ
}
