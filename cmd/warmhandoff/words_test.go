package main

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/testdata/invalid"
)

// TestTheWordsOfAnIssueBeginASentence finds in the sources the words that stand beside the code of an issue, in a call or in a literal, and holds how they
// begin. That they end with a stop is held of the answers themselves, since many are put together.
func TestTheWordsOfAnIssueBeginASentence(t *testing.T) {
	t.Parallel()
	seen := 0
	sources(t, func(_, name string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			for _, words := range wordsOfIssue(n) {
				seen++
				assert.True(t, invalid.BeginsSentence(words), "%s: %s", name, words)
			}
			return true
		})
	})
	assert.Greater(t, seen, 200)
}

// wordsOfIssue returns what a call says behind the code of an issue, or a literal beside it.
func wordsOfIssue(n ast.Node) []string {
	var beside []ast.Expr
	coded := false
	switch n := n.(type) {
	case *ast.CallExpr:
		for _, arg := range n.Args {
			if coded {
				beside = append(beside, arg)
			}
			coded = coded || isIssueCode(arg)
		}
	case *ast.CompositeLit:
		for _, one := range n.Elts {
			pair, ok := one.(*ast.KeyValueExpr)
			if !ok {
				return nil
			}
			coded = coded || isIssueCode(pair.Value)
			if key, ok := pair.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "text") {
				beside = append(beside, pair.Value)
			}
		}
	}
	if !coded {
		return nil
	}
	var words []string
	for _, one := range beside {
		if text := firstText(one); strings.Contains(text, " ") {
			words = append(words, text)
		}
	}
	return words
}

func isIssueCode(x ast.Expr) bool {
	if dotted, ok := x.(*ast.SelectorExpr); ok {
		x = dotted.Sel
	}
	name, ok := x.(*ast.Ident)
	return ok && strings.HasPrefix(name.Name, "Code") && len(name.Name) > len("Code")
}

// firstText returns the text with which an expression begins, "" where that is not known: of what is put together the first, of what is formatted the
// format.
func firstText(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.BasicLit:
		if x.Kind == token.STRING {
			text, _ := strconv.Unquote(x.Value)
			return text
		}
	case *ast.BinaryExpr:
		return firstText(x.X)
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" && len(x.Args) > 0 {
			return firstText(x.Args[0])
		}
	}
	return ""
}
