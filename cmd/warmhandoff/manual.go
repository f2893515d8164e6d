package main

import "strings"

// manual is what the help of a verb says beside its flags.
type manual struct {
	examples []string
	statuses []string // what 0, 1 and 2 mean
}

var (
	proofStatuses = []string{"the claim holds", "it does not hold", "it could not begin"}

	// manuals has one for each verb, and for the program itself.
	manuals = map[string]manual{
		"": {
			[]string{"warmhandoff serve --demo", "warmhandoff check referral.json", "warmhandoff replay story.txtar", "warmhandoff help serve"},
			[]string{"all is well", "what was looked at is refused, or differs, or fails", "it could not begin"},
		},
		"serve": {
			[]string{
				"warmhandoff serve --demo",
				"warmhandoff serve --db referrals.db --zone America/Los_Angeles --partner Organization/harbor=treatment",
				"warmhandoff serve --db referrals.db --base-url https://fhir.example.org/fhir --trusted-proxy 127.0.0.1/32",
				"warmhandoff serve --db referrals.db --check",
			},
			[]string{"it was told to stop, and did; with --check: the settings are right", "it broke, or the store failed; with --check: something is wrong", "it could not begin"},
		},
		"check": {
			[]string{"warmhandoff check referral.json", "warmhandoff check --json - < referral.json", "warmhandoff check --server http://127.0.0.1:8080/fhir referral.json"},
			[]string{"all would be taken", "something would be refused", "a file or a setting cannot be read, or the server does not answer"},
		},
		"explain": {
			[]string{"warmhandoff explain story.txtar", "warmhandoff explain referral.json", "warmhandoff explain --json http://127.0.0.1:8080/fhir/Task/b11-t"},
			[]string{"it was explained", "the resources are refused, or the server does not answer", "a file, an address or a setting cannot be read"},
		},
		"replay": {
			[]string{"warmhandoff replay story.txtar", "warmhandoff replay --permute 50 one.txtar two.txtar"},
			[]string{"all stories end as they should", "something is DIFFERENT, or a story cannot be read", "it could not begin"},
		},
		"load": {
			[]string{"warmhandoff load --server http://127.0.0.1:8080/fhir", "warmhandoff load --server http://127.0.0.1:8080/fhir --mix search --tasks 5000 --not-empty --json"},
			[]string{"every request was done", "one was not, or the server went away", "it could not begin, or the server holds other data"},
		},
		"reproject": {
			[]string{"warmhandoff reproject --db referrals.db", "warmhandoff reproject --db referrals.db --verify"},
			[]string{"it was made again; with --verify: and came out the same", "it broke, or came out otherwise", "a setting is wrong"},
		},
		"proof":        {[]string{"warmhandoff proof kill --cycles 100", "warmhandoff proof timers"}, proofStatuses},
		"proof abuse":  {[]string{"warmhandoff proof abuse", "warmhandoff proof abuse --seconds 30 --rows household,patch", "warmhandoff proof abuse --mutant"}, proofStatuses},
		"proof serve":  {[]string{"warmhandoff proof serve --db proof.db --synchronous NORMAL"}, []string{"it was told to stop", "the store failed", "a setting is wrong"}},
		"proof abuser": {[]string{"warmhandoff proof abuser http://127.0.0.1:8080/fhir --seconds 5"}, proofStatuses},
		"proof kill":   {[]string{"warmhandoff proof kill --cycles 100"}, proofStatuses},
		"proof sync":   {[]string{"warmhandoff proof sync", "warmhandoff proof sync --mutant"}, proofStatuses},
		"proof timers": {[]string{"warmhandoff proof timers"}, proofStatuses},
		"proof search": {[]string{"warmhandoff proof search"}, proofStatuses},
		"proof scale":  {[]string{"warmhandoff proof scale"}, proofStatuses},
		"version":      {[]string{"warmhandoff version", "warmhandoff --version"}, []string{"always", "", ""}},
		"help":         {[]string{"warmhandoff help", "warmhandoff help serve", "warmhandoff help proof kill"}, []string{"it was printed", "", "there is no such command"}},
		"completion": {
			[]string{"source <(warmhandoff completion bash)", "warmhandoff completion zsh > ~/.zfunc/_warmhandoff", "warmhandoff completion fish | source"},
			[]string{"it was printed", "", "there is no such shell"},
		},
	}
)

// text gives the manual as kong prints it: lines that are indented stay as they are.
func (m manual) text() string {
	var b strings.Builder
	b.WriteString("Examples:\n\n")
	for _, line := range m.examples {
		b.WriteString("    " + line + "\n")
	}
	b.WriteString("\nExit status:\n\n")
	for n, words := range m.statuses {
		if words != "" {
			b.WriteString("    " + string(rune('0'+n)) + "  " + words + "\n")
		}
	}
	return b.String()
}

// Help implements kong.HelpProvider for each verb.

func (serve) Help() string       { return manuals["serve"].text() }
func (check) Help() string       { return manuals["check"].text() }
func (explain) Help() string     { return manuals["explain"].text() }
func (replay) Help() string      { return manuals["replay"].text() }
func (load) Help() string        { return manuals["load"].text() }
func (reproject) Help() string   { return manuals["reproject"].text() }
func (proof) Help() string       { return manuals["proof"].text() }
func (proofAbuse) Help() string  { return manuals["proof abuse"].text() }
func (proofServe) Help() string  { return manuals["proof serve"].text() }
func (proofAbuser) Help() string { return manuals["proof abuser"].text() }
func (proofKill) Help() string   { return manuals["proof kill"].text() }
func (proofSync) Help() string   { return manuals["proof sync"].text() }
func (proofTimers) Help() string { return manuals["proof timers"].text() }
func (proofSearch) Help() string { return manuals["proof search"].text() }
func (proofScale) Help() string  { return manuals["proof scale"].text() }
func (version) Help() string     { return manuals["version"].text() }
func (help) Help() string        { return manuals["help"].text() }
func (completion) Help() string  { return manuals["completion"].text() }
