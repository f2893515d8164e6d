package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script that makes a shell complete verbs and flags. It is made from the verbs themselves, so it is as old as the program.
func (c *completion) Run(p *program, app *kong.Application) error {
	p.say("%s", script(c.Shell, choices(app)))
	return nil
}

// choice is what may follow some words of a command line.
type choice struct {
	after string // verb, "proof kill"; "" for the program itself
	words []string
	files bool // names of files may follow, too
}

// choices gives what may follow each verb: the verbs below it, and its flags.
func choices(app *kong.Application) []choice {
	var all []choice
	var walk func(n *kong.Node, path string)
	walk = func(n *kong.Node, path string) {
		c := choice{after: path, files: len(n.Positional) > 0}
		for _, child := range n.Children {
			if !child.Hidden {
				c.words = append(c.words, child.Name)
			}
		}
		for _, group := range n.AllFlags(true) {
			for _, f := range group {
				c.words = append(c.words, "--"+f.Name)
			}
		}
		for _, arg := range n.Positional {
			if arg.Enum != "" {
				c.words, c.files = append(c.words, arg.EnumSlice()...), false
			}
		}
		all = append(all, c)
		for _, child := range n.Children {
			if !child.Hidden {
				walk(child, strings.TrimSpace(path+" "+child.Name))
			}
		}
	}
	walk(app.Node, "")
	slices.SortFunc(all, func(a, b choice) int { return strings.Compare(b.after, a.after) }) // the longer ones first
	return all
}

// script gives the script of a shell.
func script(shell string, all []choice) string {
	if shell == "fish" {
		return fishScript(all)
	}
	var b strings.Builder
	if shell == "zsh" {
		b.WriteString("#compdef warmhandoff\nautoload -U +X bashcompinit && bashcompinit\n")
	}
	b.WriteString(`_warmhandoff() {
  local line="${COMP_WORDS[*]:1:COMP_CWORD-1}" cur="${COMP_WORDS[COMP_CWORD]}" list files=yes
  case "$line" in
`)
	for _, c := range all {
		pattern := `"` + c.after + `"*`
		if c.after == "" {
			pattern = "*"
		}
		files := ""
		if !c.files {
			files = "; files=flags"
		}
		fmt.Fprintf(&b, "    %s) list=%q%s ;;\n", pattern, strings.Join(c.words, " "), files)
	}
	b.WriteString(`  esac
  COMPREPLY=($(compgen -W "$list" -- "$cur"))
  case "${COMP_WORDS[COMP_CWORD-1]}" in --*) files=yes ;; esac
  if [ "$files" = yes ] && [ "${cur#-}" = "$cur" ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -F _warmhandoff warmhandoff`)
	return b.String()
}

func fishScript(all []choice) string {
	var lines []string
	for _, c := range all {
		when := "__fish_use_subcommand"
		if c.after != "" {
			when = "__fish_seen_subcommand_from " + c.after
		}
		for _, word := range c.words {
			if name, flag := strings.CutPrefix(word, "--"); flag {
				lines = append(lines, fmt.Sprintf("complete -c warmhandoff -n '%s' -l %s", when, name))
			} else {
				lines = append(lines, fmt.Sprintf("complete -c warmhandoff -n '%s' -f -a %s", when, word))
			}
		}
	}
	return strings.Join(lines, "\n")
}
