package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// definitions is what the table is made from.
type definitions struct {
	params []parameter
}

// parameter is the part of a SearchParameter that the table needs.
type parameter struct {
	URL         string   `json:"url"`
	Code        string   `json:"code"`
	Base        []string `json:"base"`
	Type        string   `json:"type"`
	Expression  string   `json:"expression"`
	Target      []string `json:"target"`
	Description string   `json:"description"`
}

// standard begins the URL of what is part of the standard; the package also holds examples of definitions.
const standard = "http://hl7.org/fhir/"

func readDefinitions(folder, more string) (*definitions, error) {
	defs := &definitions{}
	err := eachFile(folder, "SearchParameter-*.json", func(p parameter) {
		if strings.HasPrefix(p.URL, standard) {
			defs.params = append(defs.params, p)
		}
	})
	for name := range strings.SplitSeq(more, ",") {
		if err == nil {
			err = eachFile(filepath.Dir(name), filepath.Base(name), func(p []parameter) { defs.params = append(defs.params, p...) })
		}
	}
	sort.SliceStable(defs.params, func(i, j int) bool { return defs.params[i].URL < defs.params[j].URL })
	return defs, err
}

// eachFile decodes every file of a pattern; it is an error if there is none.
func eachFile[T any](folder, pattern string, use func(T)) error {
	names, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no %s in %s", pattern, folder)
	}
	sort.Strings(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(name), err)
		}
		use(v)
	}
	return nil
}

// text gives one line that says what the parameter of a type is about. Parameters of several types describe each in a line of its own,
// "* [Task](task.html): …".
func (p parameter) text(typ string) string {
	lines := strings.FieldsFunc(p.Description, func(r rune) bool { return r == '\r' || r == '\n' })
	for _, line := range lines {
		if its, ok := strings.CutPrefix(line, "* ["+typ+"]"); ok {
			_, its, _ = strings.Cut(its, "): ")
			return strings.Join(strings.Fields(its), " ")
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(lines[0]), " ")
}
