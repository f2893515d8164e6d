package invariant

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// children are what the elements of a list or table may hold; text is none of it.
//
// Source: HTML 4.0, 10.2, 10.3, 11.2
var children = map[string][]string{
	"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd"},
	"table": {"caption", "col", "colgroup", "thead", "tfoot", "tbody", "tr"},
	"thead": {"tr"}, "tfoot": {"tr"}, "tbody": {"tr"}, "tr": {"th", "td"},
}

// misplaced gives a narrative in which an element or text stands where HTML does not let it, or a link leads to a place that is not there.
// What is no XHTML is the strict reader's to tell.
func misplaced(_ *checker, v fhir.Value) []fhir.Value {
	d := xml.NewDecoder(strings.NewReader(v.Text()))
	d.Entity = xml.HTMLEntity
	var open []string
	names, links := map[string]bool{}, []string(nil)
	for {
		token, err := d.Token()
		if err != nil {
			broken := errors.Is(err, io.EOF) && slices.ContainsFunc(links, func(name string) bool { return !names[name] })
			return only(broken, v)
		}
		last := ""
		if len(open) > 0 {
			last = open[len(open)-1]
		}
		switch t := token.(type) {
		case xml.StartElement:
			allowed, limited := children[last]
			if limited && !slices.Contains(allowed, t.Name.Local) || t.Name.Local == "p" && slices.Contains(open, "p") {
				return only(true, v)
			}
			open = append(open, t.Name.Local)
			for _, a := range t.Attr {
				switch {
				case a.Name.Local == "id", a.Name.Local == "name":
					names[a.Value] = true
				case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#") && len(a.Value) > 1:
					links = append(links, a.Value[1:])
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if _, limited := children[last]; limited && strings.TrimSpace(string(t)) != "" {
				return only(true, v)
			}
		}
	}
}
