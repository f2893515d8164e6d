package invalid

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unfinished returns the words of issues in an answer, JSON with an OperationOutcome anywhere in it, that are no sentence.
func Unfinished(answer []byte) []string {
	if !bytes.Contains(answer, []byte(`"OperationOutcome"`)) {
		return nil
	}
	var all any
	if json.Unmarshal(answer, &all) != nil {
		return nil
	}
	var list []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			if v["resourceType"] == "OperationOutcome" && v["id"] == nil { // one with an id is somebody's, and stored
				for _, words := range wordsOf(v) {
					if !IsSentence(words) {
						list = append(list, words)
					}
				}
				return
			}
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(all)
	return list
}

// wordsOf returns details.text of each issue that has one.
func wordsOf(outcome map[string]any) []string {
	var list []string
	issues, _ := outcome["issue"].([]any)
	for _, one := range issues {
		issue, _ := one.(map[string]any)
		details, _ := issue["details"].(map[string]any)
		if words, ok := details["text"].(string); ok {
			list = append(list, words)
		}
	}
	return list
}

// IsSentence reports whether words begin as a sentence does and end with a stop.
func IsSentence(words string) bool {
	return words == "All OK" || BeginsSentence(words) && strings.HasSuffix(words, ".") // all is well in the words of the standard
}

// BeginsSentence reports whether words begin with a capital, or with a name as it stands in code, such as resourceType or _count. A name that looks like
// any other word, such as status, is none here: it would be read as one.
func BeginsSentence(words string) bool {
	word, _, _ := strings.Cut(words, " ")
	first, n := utf8.DecodeRuneInString(word)
	inner := strings.TrimRight(word[n:], ".,:;")
	return !unicode.IsLower(first) || strings.ContainsAny(inner, "._$/[") || strings.ContainsFunc(inner, unicode.IsUpper)
}
