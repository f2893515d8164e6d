// The command print writes mutants for HAPI's validator to read, one in JSON a line; or, given what it said of them, the verdicts to keep, or how they
// compare with ours. See README.md of the folder above.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/testdata/mutants"
)

func main() {
	seed := flag.Uint64("seed", mutants.Seed, "which mutants are drawn")
	perKind := flag.Int("per", mutants.PerKind, "how many of each kind")
	folder := flag.String("from", "", "a folder of resources to make them of, instead of our own")
	keep := flag.String("keep", "", "what HAPI's validator said of them: write it as verdicts.tsv has it")
	compare := flag.String("compare", "", "what HAPI's validator said of them: compare it with what we say")
	flag.Parse()
	if err := run(*folder, *seed, *perKind, *keep, *compare); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string, seed uint64, perKind int, keep, compare string) error {
	resources := mutants.Bases()
	if folder != "" {
		var err error
		if resources, err = read(folder); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(os.Stdout)
	defer func() { _ = out.Flush() }()
	all := mutants.Make(resources, seed, perKind)
	if keep == "" && compare == "" {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		for _, m := range all {
			if err := e.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	verdicts, err := said(keep+compare, all)
	if err != nil {
		return err
	}
	if keep != "" {
		for _, v := range verdicts {
			_, _ = fmt.Fprintln(out, v.Line())
		}
		return nil
	}
	c := mutants.Compare(context.Background(), all, verdicts)
	same, ruled, n := c.Agreement()
	_, _ = fmt.Fprintf(out, "%s\n%d of %d the same, %d as ruling 44 has it: %.2f %%\n\n", c.Table(), same, n, ruled, 100*float64(same+ruled)/float64(n))
	for _, d := range c.Diffs {
		if r := d.Reason(); r == nil {
			_, _ = fmt.Fprintf(out, "%s, %s, %s\n  HAPI's: %s\n  we: %s\n", d.ID, d.Change, d.Place, d.Theirs, d.Ours)
		}
	}
	return nil
}

// said reads what the Java program wrote of mutants, in their order.
func said(name string, all []mutants.Mutant) ([]mutants.Verdict, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	if len(lines) != len(all) {
		return nil, fmt.Errorf("%s has %d verdicts, and there are %d mutants: with the same flags?", name, len(lines), len(all))
	}
	var verdicts []mutants.Verdict
	for i, line := range lines {
		v, err := mutants.ReadVerdict(line, all[i].Text)
		if err != nil {
			return nil, err
		}
		if v.ID != all[i].ID {
			return nil, fmt.Errorf("%s: a verdict on %q where one on %q belongs", name, v.ID, all[i].ID)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// read returns the resources of a folder that the strict reader has nothing against, without the profiles that they claim, which no validator here has.
func read(folder string) ([]string, error) {
	var resources []string
	return resources, filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r, issues := fhir.Read(data)
		if len(issues) > 0 || len(data) > 50_000 {
			return nil
		}
		var b bytes.Buffer
		if err := json.Compact(&b, r.With(fhir.RemoveMember("meta"))); err == nil {
			resources = append(resources, b.String())
		}
		return nil
	})
}
