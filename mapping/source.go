package mapping

import (
	"crypto/sha256"
	"embed"
	"hash"
	"io/fs"
	"strings"
	"sync"
)

// sources are this room and those below it, as they were built.
//
//go:embed *.go */*.go
var sources embed.FS

// Digest gives a digest of the code that reads resources and folds what they say: of this room, the guides and the workflow. An answer that was made
// under another digest may be another answer. It is taken of the sources, so that nobody has to remember to change it; a change of words alone
// costs a fold of what was kept. It may be called concurrently.
var Digest = sync.OnceValue(func() string {
	h := sha256.New()
	HashSources(h, sources)
	return string(h.Sum(nil))
})

// HashSources adds to a digest the Go files of a room, tests left out, in the order of their names.
func HashSources(h hash.Hash, room fs.FS) {
	err := fs.WalkDir(room, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		body, err := fs.ReadFile(room, name)
		if err != nil {
			return err
		}
		h.Write([]byte(name))
		h.Write([]byte{0})
		h.Write(body)
		return nil
	})
	if err != nil {
		panic("mapping: the embedded sources cannot be read: " + err.Error())
	}
}
