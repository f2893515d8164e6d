package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"warmhandoff/fhir"
)

// Strings are kept folded, to be found by how they begin whatever their case and accents, and as they are written, for the modifier exact.

// words adds a text.
//
// Source: FHIR R4, search.html, String
func (g *gatherer) words(q *Param, text string) {
	if text == "" {
		return
	}
	g.add(q, fold(text))
	g.put(Term{q.exact, clip(text), true})
}

// said are the elements of a name and of an address that can be found.
var said = map[form][]string{
	aName:     {"text", "family", "given", "prefix", "suffix"},
	anAddress: {"text", "line", "city", "district", "state", "postalCode", "country"},
}

// parts adds every part of a name or an address.
func (g *gatherer) parts(q *Param, v fhir.Value) {
	f := anAddress
	if v.Type() == "HumanName" {
		f = aName
	}
	for _, part := range said[f] {
		for text := range v.Get(part).All() {
			g.words(q, text.Text())
		}
	}
}

// fold makes texts alike that people would call the same: small letters without accents, no punctuation, one blank between words.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case r < utf8.RuneSelf && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'):
			continue
		case r >= utf8.RuneSelf && (unicode.Is(unicode.Mn, r) || unicode.IsPunct(r) || unicode.IsSymbol(r)):
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		r = unicode.ToLower(r)
		if base, ok := bare[r]; ok {
			b.WriteString(base)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// bare gives small letters of Latin scripts without their accents.
var bare = func() map[rune]string {
	all := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ĳ': "ij", 'ŉ': "n"}
	for base, letters := range map[string]string{
		"a": "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ", "b": "ƀɓ", "c": "çćĉċč", "d": "ďđðḍḑ", "e": "èéêëēĕėęěȅȇȩẹẻẽếềểễệ", "f": "ƒ", "g": "ĝğġģǧǵ",
		"h": "ĥħȟḥḩ", "i": "ìíîïĩīĭįıǐȉȋịỉ", "j": "ĵǰ", "k": "ķĸǩ", "l": "ĺļľŀłḷ", "m": "ṃ", "n": "ñńņňŋǹṇ", "o": "òóôõöøōŏőǒǫǭǿȍȏȫȭȯȱọỏốồổỗộớờởỡợơ",
		"r": "ŕŗřȑȓṛ", "s": "śŝşšșṣ", "t": "ţťŧțṭ", "u": "ùúûüũūŭůűųǔǖǘǚǜȕȗụủứừửữựư", "w": "ŵẁẃẅ", "y": "ýÿŷȳỳỵỷỹ", "z": "źżžẓ",
	} {
		for _, r := range letters {
			all[r] = base
		}
	}
	return all
}()
