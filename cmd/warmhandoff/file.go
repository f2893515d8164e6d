package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// examples are right values of all settings, as they stand in a file.
var examples = map[string]string{
	"addr":          `"127.0.0.1:8080"`,
	"allowed-host":  `["handoff.example.org"]`,
	"base-url":      `"https://fhir.example.org/fhir"`,
	"body-limit":    `"5MiB"`,
	"write-limit":   `"1s"`,
	"cors-origin":   `["https://app.example.org"]`,
	"db":            `"/var/lib/warmhandoff/referrals.db"`,
	"deadlines":     `{"T2.routine": "5d"}`,
	"demo":          `true`,
	"holiday":       `["2026-12-25"]`,
	"hours":         `"09:00-17:00"`,
	"log-format":    `"json"`,
	"log-level":     `"info"`,
	"partner":       `{"Organization/harbor": "treatment"}`,
	"search-steps":  `"100000"`,
	"self":          `"Organization/hub"`,
	"shared":        `true`,
	"site":          `{"Organization/harbor": "America/New_York+08:00-18:00"}`,
	"trusted-proxy": `["10.0.0.7/32"]`,
	"visit-class":   `["OBSENC"]`,
	"zone":          `"America/Los_Angeles"`,
}

// flagsAlone are settings that hold only where they stand on the command line, with what is said of them elsewhere: nobody should open a server by a file or
// a variable that was left behind.
var flagsAlone = map[string]string{
	"insecure-listen": "counts on the command line alone: start the server with --insecure-listen, and leave this out.",
}

// settings are those of a file: one JSON object, its members named like flags. What is wrong with it is noted and left out, so that all of it can be
// said at once; a setting that is misspelt is one that does not hold, and nothing starts with one.
type settings struct {
	file   string
	values map[string]any
	wrong  *problems
}

// settingsFile makes the reader of settings files that notes in wrong what is wrong with them, and in name which was read last.
func settingsFile(wrong *problems, name *string) kong.ConfigurationLoader {
	return func(r io.Reader) (kong.Resolver, error) {
		s := settings{file: "the settings file", wrong: wrong}
		if f, ok := r.(*os.File); ok {
			s.file = f.Name()
		}
		*name = s.file
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.file, err)
		}
		if err := json.Unmarshal(data, &s.values); err != nil {
			s.values = nil // not half of it
			wrong.add("", s.file+" "+unreadable(data, err)+`: write one JSON object, as in {"zone": "America/Los_Angeles"}.`)
		}
		return s, nil
	}
}

// unreadable says in a few words why a text is not one JSON object, and where.
func unreadable(data []byte, err error) string {
	var at *jsontext.SyntacticError
	line := func(offset int64) int {
		return 1 + strings.Count(string(data[:min(max(offset, 0), int64(len(data)))]), "\n")
	}
	switch {
	case errors.As(err, &at) && errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Sprintf("has the name %q twice (line %d)", at.JSONPointer.LastToken(), line(at.ByteOffset))
	case errors.As(err, &at):
		return fmt.Sprintf("is no JSON in line %d", line(at.ByteOffset))
	}
	return "is no JSON object"
}

// Validate implements kong.Resolver.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, verb := range app.Leaves(false) {
		for _, flag := range verb.Flags {
			known[flag.Name] = known[flag.Name] || len(flag.Envs) > 0
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if words, only := flagsAlone[name]; only {
			s.wrong.add("", fmt.Sprintf("%s: %q %s", s.file, name, words))
			continue
		}
		if !known[name] {
			s.wrong.add("", fmt.Sprintf("%s: %q is not a setting%s; they are named like the flags of serve.", s.file, name, meant(name, known)))
		}
	}
	return nil
}

// meant gives the setting that somebody may have meant by another name, in words.
func meant(name string, known map[string]bool) string {
	best, found := min(3, len(name)/3+1), ""
	for _, other := range slices.Sorted(maps.Keys(known)) {
		if d := distance(strings.ReplaceAll(strings.ToLower(name), "_", "-"), other); known[other] && d < best {
			best, found = d, other
		}
	}
	if found == "" {
		return ""
	}
	return fmt.Sprintf(", perhaps %q is meant", found)
}

// distance gives how many letters have to be put in, taken out or changed to make one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Resolve implements kong.Resolver. What the environment says stands: kong itself would let the file win.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, said := s.values[flag.Name]
	if !said || len(flag.Envs) == 0 || inEnvironment(flag) != "" {
		return nil, nil
	}
	if want := refused(flag, value); want != "" {
		s.wrong.add("", fmt.Sprintf("%s: %q must be %s, as in {%q: %s}.", s.file, flag.Name, want, flag.Name, examples[flag.Name]))
		return nil, nil
	}
	return value, nil
}

// inEnvironment gives the variable that sets a flag, "" when there is none.
func inEnvironment(flag *kong.Flag) string {
	for _, name := range flag.Envs {
		if _, said := os.LookupEnv(name); said {
			return name
		}
	}
	return ""
}

// refused gives what a value from a file should be, "" when it is fine.
func refused(flag *kong.Flag, value any) string {
	target := reflect.New(flag.Target.Type()).Elem()
	fits := flag.Parse(kong.Scan().PushTyped(value, kong.FlagValueToken), target) == nil
	switch kind := target.Kind(); {
	case kind == reflect.Bool:
		if _, ok := value.(bool); !ok {
			return "true or false"
		}
	case kind == reflect.Map:
		if _, ok := value.(map[string]any); !ok || !fits || !texts(maps.Values(value.(map[string]any))) {
			return "an object of texts"
		}
	case kind == reflect.Slice:
		if _, ok := value.([]any); !ok || !fits || !texts(slices.Values(value.([]any))) {
			return "a list of texts"
		}
	case flag.Enum != "":
		if text, ok := value.(string); !ok || !slices.Contains(flag.EnumSlice(), text) {
			return "one of " + strings.Join(flag.EnumSlice(), ", ")
		}
	default:
		if text, ok := value.(string); !ok || !fits || text == "" {
			return "a text"
		}
	}
	return ""
}

// judgeEnvironment notes what is wrong with the settings in the environment, and takes it out, so that all of it can be said at once. Of names that are no
// setting only those count that are nearly one: others put variables of this name there, too.
func judgeEnvironment(verb *kong.Node, wrong *problems) {
	known, flags := map[string]bool{}, map[string]*kong.Flag{}
	for _, flag := range verb.Flags {
		for _, name := range flag.Envs {
			known[flag.Name], flags[name] = true, flag
		}
	}
	for _, one := range os.Environ() {
		name, text, _ := strings.Cut(one, "=")
		word, ours := strings.CutPrefix(name, "WARMHANDOFF_")
		flag := flags[name]
		only, alone := flagsAlone[strings.ReplaceAll(strings.ToLower(word), "_", "-")]
		switch {
		case !ours:
		case alone:
			wrong.add("", fmt.Sprintf("%s in the environment %s", name, only))
		case flag == nil:
			if words := meant(word, known); words != "" {
				wrong.add("", fmt.Sprintf("%s in the environment is not a setting%s; they are named like the flags of serve.", name, words))
			}
		default:
			target := reflect.New(flag.Target.Type()).Elem()
			err := flag.Parse(kong.Scan().PushTyped(text, kong.FlagValueToken), target)
			if err == nil && (flag.Enum == "" || slices.Contains(flag.EnumSlice(), text)) {
				continue
			}
			want := "true or false"
			if flag.Enum != "" {
				want = "one of " + strings.Join(flag.EnumSlice(), ", ")
			} else if target.Kind() != reflect.Bool {
				want = "written as in the help of serve, several with ; between them"
			}
			wrong.add("", fmt.Sprintf("%s=%q in the environment must be %s.", name, text, want))
			_ = os.Unsetenv(name)
		}
	}
}

func texts(values func(func(any) bool)) bool {
	for v := range values {
		if text, ok := v.(string); !ok || text == "" {
			return false
		}
	}
	return true
}
