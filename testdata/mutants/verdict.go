package mutants

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/fhir/invariant"
)

//go:embed verdicts.tsv
var verdicts string

// Verdict is what HAPI's validator said of a mutant.
type Verdict struct {
	ID       string
	Digest   string // of the text that was asked about
	Rejected bool   // it found an error
	Failed   bool   // it broke down over the text, and what it says is no opinion
	Words    string // its first error
}

// Kept returns the verdicts on Make(Bases(), Seed, PerKind) that are kept here. It panics where the file is not as Line writes it.
func Kept() []Verdict {
	var all []Verdict
	for line := range strings.Lines(verdicts) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			panic("mutants: verdicts.tsv: " + line)
		}
		all = append(all, Verdict{f[0], f[1], f[2] != "accepts", f[2] == "fails", f[3]})
	}
	return all
}

// Line returns a verdict as it is kept.
func (v *Verdict) Line() string {
	said := "accepts"
	switch {
	case v.Failed:
		said = "fails"
	case v.Rejected:
		said = "rejects"
	}
	return strings.Join([]string{v.ID, v.Digest, said, v.Words}, "\t")
}

// Digest returns a few digits of the hash of a text: it tells whether a verdict is on this one.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:5])
}

// failures are what an error of HAPI's says where the program itself went wrong.
var failures = []string{`Cannot invoke "`, "String index out of range", "HAPI-0676"}

// ReadVerdict reads a line that the Java program wrote about a mutant.
func ReadVerdict(line []byte, text string) (Verdict, error) {
	var said struct {
		ID       string   `json:"id"`
		Messages []string `json:"messages"`
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return Verdict{}, fmt.Errorf("read a verdict: %w", err)
	}
	v := Verdict{ID: said.ID, Digest: Digest(text), Failed: true}
	for _, m := range said.Messages {
		severity, words, _ := strings.Cut(m, " ")
		if severity != "error" && severity != "fatal" {
			continue
		}
		if !v.Rejected {
			v.Rejected, v.Words = true, shortened(words)
		}
		broken := false
		for _, f := range failures {
			broken = broken || strings.Contains(m, f)
		}
		v.Failed = v.Failed && broken
	}
	v.Failed = v.Failed && v.Rejected
	return v, nil
}

// shortened returns words on one line, without what names the tool's own places.
func shortened(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s, _, _ = strings.Cut(s, " See http")
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}

// Opinion is what we say of a text.
type Opinion struct {
	Refused bool   // a write is refused, and $validate has an error
	Objects bool   // $validate has an error where it is asked for R4's own profile
	Words   string // of the first error
}

// Ours returns what the strict reader and the invariants say of a text: what $validate says, by the same code.
func Ours(ctx context.Context, text string) Opinion {
	r, issues := fhir.Read([]byte(text))
	o := Opinion{Refused: r == nil}
	if r != nil {
		issues = append(issues, invariant.Check(ctx, r)...)
	}
	for _, i := range issues {
		if i.Refuses() && !o.Objects {
			o.Objects, o.Words = true, i.Expression+": "+i.Text
		}
	}
	return o
}
