package scenario

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// Find gives the text of a story by the name that a `begins:` line has for it.
type Find func(name string) ([]byte, error)

// Beside finds NAME.txtar in the folder of a file, then in the folder above it, and then among the openings of the rules beside that folder. Read is
// os.ReadFile, or the ReadFile of an fs.FS.
func Beside(file string, read func(name string) ([]byte, error)) Find {
	folder := filepath.Dir(file)
	return func(name string) ([]byte, error) {
		var data []byte
		err := fs.ErrNotExist
		for _, at := range []string{".", "..", "../rules"} {
			if errors.Is(err, fs.ErrNotExist) {
				data, err = read(filepath.ToSlash(filepath.Join(folder, at, name+".txtar")))
			}
		}
		return data, err
	}
}

// deepest is how many openings may begin with one another: more than anybody would follow, and fewer than a ring.
const deepest = 8

// begins takes the settings, parties and steps of other stories before the story's own, without what they want. Each is taken once, however often
// it is named.
func (p *parser) begins(names string) {
	if p.depth == deepest {
		p.wrong("begins: %q is the %dth opening of an opening; do they begin with each other?", names, deepest)
		return
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if p.begun[name] {
			continue
		}
		p.begun[name] = true
		p.opening(name)
	}
}

func (p *parser) opening(name string) {
	if p.find == nil || name == "" || strings.Contains(name, "..") {
		p.wrong("begins: no story %q can be found from here", name)
		return
	}
	data, err := p.find(name)
	if err != nil {
		p.wrong("begins: %v", err)
		return
	}
	title := p.s.Title
	p.depth++
	p.story(data)
	p.depth--
	p.s.Title = title
}
