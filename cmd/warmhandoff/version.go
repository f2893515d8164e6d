package main

import (
	"runtime"
	"runtime/debug"
)

type version struct{}

// Run prints the version.
func (version) Run(p *program) error {
	p.say("warmhandoff %s, FHIR R4 (4.0.1), %s %s/%s", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// versionText gives the module's version, or the commit that the program was built from.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	if text == "" || text == "(devel)" {
		text = "development"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				text += " " + s.Value[:12]
			}
		}
	}
	return text
}
