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
//	completion  for shells                         completion.go
//	help        the same as --help                 manual.go
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
	"slices"
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
	Version   version   `cmd:"" help:"Print the version. Also --version."`
	HelpFor   help      `cmd:"" name:"help" help:"Print the help of the program or of a command."`

	Completion completion       `cmd:"" help:"Print a script that makes a shell complete verbs and flags."`
	Stamp      kong.VersionFlag `name:"version" help:"Print the version." env:"-"`
}

// program is what a verb is given of the world outside. Its context ends on SIGINT, SIGTERM and SIGHUP.
type program struct {
	context.Context
	in       io.Reader
	out, err io.Writer
	file     *problems         // what is wrong with the settings file
	from     map[string]string // where settings were given that are no flags, by name
}

// say writes a line of the verb's answer.
func (p *program) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// where says where a setting was given: the flag, the variable, or the name in the file.
func (p *program) where(name string) string {
	if at := p.from[name]; at != "" {
		return at
	}
	return "--" + name
}

// ended is how a verb ends otherwise than well: with a status for the shell and one sentence for the reader; "" when all was said.
type ended struct {
	status int
	words  string
}

func (e ended) Error() string { return e.words }

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	status := run(&program{Context: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(status)
}

// help stands for --help. Run is never called: what help is about is asked for the way in which its own verb would be.
type help struct {
	Words []string `arg:"" optional:"" name:"command" help:"As in: help proof kill."`
}

// asked gives the arguments, "help X" as "X --help". A program that is asked nothing says what it can be asked.
func asked(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help" && !slices.Contains(args, "--help"):
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

func run(p *program, args []string) int {
	var c commands
	p.out, p.err = printable{p.out}, printable{p.err}
	p.file = &problems{}
	var file string
	parser, err := kong.New(&c,
		kong.Name("warmhandoff"), kong.Description(about+"\n\n"+manuals[""].text()),
		kong.DefaultEnvars("WARMHANDOFF"),
		kong.Configuration(settingsFile(p.file, &file), "warmhandoff.json"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(p.out, p.err),
		kong.Vars{"version": versionLine()},
	)
	if err != nil {
		fmt.Fprintln(p.err, "warmhandoff:", err)
		return 2
	}
	if i := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "serve" }); i >= 0 && slices.Contains(args, "serve") {
		judgeEnvironment(parser.Model.Children[i], p.file)
	}
	verb, err := parser.Parse(asked(args))
	if err != nil {
		fmt.Fprintf(p.err, "warmhandoff: %v%s\n", err, more(err))
		return 2
	}
	p.from = origins(verb, file)
	if verb.Command() != "serve" { // which says all that is wrong itself
		if err := p.file.err(); err != nil {
			return status(p, err)
		}
	}
	return status(p, verb.Run(p, parser.Model))
}

// more says where there is more about a command that was written wrongly.
func more(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context == nil || wrong.Context.Selected() == nil {
		return " (see: warmhandoff help)"
	}
	return " (see: warmhandoff help " + wrong.Context.Selected().Path() + ")"
}

// origins gives where each setting of a verb that is no flag was given.
func origins(verb *kong.Context, file string) map[string]string {
	from := map[string]string{}
	for _, flag := range verb.Flags() {
		if name := inEnvironment(flag); name != "" {
			from[flag.Name] = name + " in the environment:"
		}
	}
	for _, path := range verb.Path {
		switch {
		case path.Flag == nil:
		case path.Resolved:
			from[path.Flag.Name] = fmt.Sprintf("%s: %q:", file, path.Flag.Name)
		default:
			delete(from, path.Flag.Name)
		}
	}
	return from
}

func status(p *program, err error) int {
	var e ended
	var wrong problems
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintln(p.err, "warmhandoff:", wrong.say(p.where))
		return 2
	case errors.As(err, &e):
		if e.words != "" {
			fmt.Fprintln(p.err, "warmhandoff:", e.words)
		}
		return e.status
	}
	fmt.Fprintln(p.err, "warmhandoff:", err)
	return 1
}
