package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type version struct{}

// Run prints the version.
func (version) Run(p *program) error {
	p.say("%s", versionLine())
	return nil
}

func versionLine() string {
	return fmt.Sprintf("warmhandoff %s, FHIR R4 (4.0.1), %s %s/%s", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// stamp is the version that whoever builds the program gives it: -ldflags "-X main.stamp=1.2.0".
var stamp string

// versionText gives the stamp, or the module's version, or the commit that the program was built from.
func versionText() string {
	if stamp != "" {
		return stamp
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return builtFrom(info)
}

func builtFrom(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	text, changed := "development", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			text += " " + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return text + changed
}
