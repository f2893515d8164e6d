package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// place says where days are days, and who we are.
type place struct {
	Zone string `help:"Zone of the receiving site: what a day is. Local is the machine's own." default:"Local" placeholder:"America/Los_Angeles"`
	Self string `help:"Our own organization. Tasks that it owns are passed on to agencies as Tasks of their own." placeholder:"Organization/ID"`
}

func (p place) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return nil, ended{2, fmt.Sprintf("--zone %q is not known: give one such as America/Los_Angeles.", p.Zone)}
	}
	return zone, nil
}

// settingsFile reads settings from JSON: one object, its members named like flags. Unlike kong's own reader it refuses names that are no
// setting, since a setting that is misspelt is one that does not hold.
func settingsFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := json.NewDecoder(r).Decode(&values); err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	return settings(values), nil
}

type settings map[string]any

// Validate implements kong.Resolver.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, verb := range app.Leaves(false) {
		for _, flag := range verb.Flags {
			known[flag.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !known[name] {
			return fmt.Errorf("settings file: %q is not a setting; they are named like the flags of serve", name)
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := s[flag.Name]
	if !ok || strings.HasPrefix(flag.Name, "config") {
		return nil, nil
	}
	return value, nil
}
