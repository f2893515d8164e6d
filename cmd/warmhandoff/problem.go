package main

import (
	"fmt"
	"slices"
	"strings"
)

// problem is a setting that is wrong: its name, and the rest of a sentence that says what is wrong with it and gives an example of what is right.
type problem struct{ name, words string }

// problems are all settings that are wrong. As an error they are the first, and how to see the others.
type problems []problem

// add takes a problem unless there is none, words is "", or it was told before.
func (all *problems) add(name, words string) {
	if words != "" && !slices.Contains(*all, problem{name, words}) {
		*all = append(*all, problem{name, words})
	}
}

// Error implements error.
func (all problems) Error() string { return all.say(func(name string) string { return "--" + name }) }

// say gives the first problem in one sentence; where says where a setting was given.
func (all problems) say(where func(name string) string) string {
	if len(all) == 0 {
		return ""
	}
	text := all[0].say(where)
	if n := len(all) - 1; n > 0 {
		text = fmt.Sprintf("%s; %d more: serve --check says them all.", strings.TrimSuffix(text, "."), n)
	}
	return text
}

func (one problem) say(where func(name string) string) string {
	if one.name == "" {
		return one.words
	}
	return where(one.name) + " " + one.words
}

// err gives the problems as an error, nil where there are none.
func (all problems) err() error {
	if len(all) == 0 {
		return nil
	}
	return all
}
