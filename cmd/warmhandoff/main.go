// Command warmhandoff stands between systems that refer people and agencies that receive them, and says for each referral, at any moment,
// whether the person got to the first visit, how that is known, and who has to do what by when.
//
// This folder is the program and nothing else: a file for each verb, flags, and the wiring of the rooms. It alone names the clock of the
// machine, chance and the maker of ids, and hands them in.
//
//	serve      the server                          serve.go, demo.go
//	check      what a resource or Bundle would do  check.go
//	replay     a story, with its own clock         replay.go
//	load       requests in bulk, measured          load.go, mix.go
//	reproject  the read model made again           reproject.go
//	proof      long proofs                         proof.go, timers.go, herd.go, searches.go, child.go
//	version                                        version.go
//
// A verb ends with 0 when all is well, with 1 when what it looked at is refused or differs or fails, and with 2 when it could not begin.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones must be known on machines that have no list of them

	"github.com/alecthomas/kong"
)

const about = `Follows referrals until the person got to the first visit.

An EHR posts a FHIR R4 ServiceRequest and Task; the agency answers, books, reports. This program keeps every version of everything and says where each person is: "completed" is a claim, attended is a fact with evidence.

Every flag of serve is also a setting: --base-url is WARMHANDOFF_BASE_URL in the environment and "base-url" in a JSON file given with --config (./warmhandoff.json is read when it is there). A flag beats the environment, the environment beats the file.`

// commands are the verbs and what they share.
type commands struct {
	Config kong.ConfigFlag `help:"JSON file with settings." placeholder:"FILE" env:"-"`

	Serve     serve     `cmd:"" help:"Serve FHIR R4 over HTTP, and follow every referral that comes."`
	Check     check     `cmd:"" help:"Say what is wrong with resources or Bundles, and what they would do. Writes nothing."`
	Explain   explain   `cmd:"" help:"Say where a person is and why, item by item: of a story, of resources, or of a running server."`
	Replay    replay    `cmd:"" help:"Play stories (txtar) on an empty store with a clock of their own, and compare."`
	Load      load      `cmd:"" help:"Send requests in bulk to a server on this machine, and measure."`
	Reproject reproject `cmd:"" help:"Throw the read model away and make it again from the resources."`
	Proof     proof     `cmd:"" help:"Long proofs about this program."`
	Version   version   `cmd:"" help:"Print the version."`
}

// program is what a verb is given of the world outside. Its context ends on SIGINT and SIGTERM.
type program struct {
	context.Context
	in       io.Reader
	out, err io.Writer
}

// say writes a line of the verb's answer.
func (p *program) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// ended is how a verb ends otherwise than well: with a status for the shell and one sentence for the reader; "" when all was said.
type ended struct {
	status int
	words  string
}

func (e ended) Error() string { return e.words }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(&program{Context: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

func run(p *program, args []string) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("warmhandoff"), kong.Description(about),
		kong.DefaultEnvars("WARMHANDOFF"),
		kong.Configuration(settingsFile, "warmhandoff.json"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(p.out, p.err),
	)
	if err != nil {
		fmt.Fprintln(p.err, "warmhandoff:", err)
		return 2
	}
	verb, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(p.err, "warmhandoff:", err)
		return 2
	}
	return status(p, verb.Run(p))
}

func status(p *program, err error) int {
	var e ended
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		if e.words != "" {
			fmt.Fprintln(p.err, "warmhandoff:", e.words)
		}
		return e.status
	}
	fmt.Fprintln(p.err, "warmhandoff:", err)
	return 1
}
