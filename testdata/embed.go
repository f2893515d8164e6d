// Package testdata holds what integration engineers can try: Bundles to post and stories to replay, about people who do not exist. The program
// carries them for serve --demo.
package testdata

import "embed"

// Files holds bundles/*.json and scenarios/*.txtar.
//
//go:embed bundles/*.json scenarios/*.txtar
var Files embed.FS
