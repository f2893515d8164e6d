// Package testdata holds what integration engineers can try: Bundles to post and stories to replay, about people who do not exist. The program
// carries them for serve --demo.
package testdata

import "embed"

// Files holds bundles/*.json, scenarios/*.txtar, and below rules a short story for each rule with the openings that they share.
//
//go:embed bundles/*.json scenarios/*.txtar rules
var Files embed.FS
