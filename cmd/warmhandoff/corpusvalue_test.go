package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// What a resource says, to compare what was sent with what came back. Nothing here knows FHIR but three names (id, meta, div) and one rule of each
// form, so that it cannot share a fault with what it judges.

// jsonValue gives what a resource in JSON says: numbers as they are written, narratives as their tokens, and without what a server sets.
func jsonValue(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	delete(v, "id")
	if meta, is := v["meta"].(map[string]any); is {
		delete(meta, "versionId")
		delete(meta, "lastUpdated")
		if len(meta) == 0 {
			delete(v, "meta")
		}
	}
	return v, tokenizeDivs(v)
}

// tokenizeDivs puts the tokens of a narrative in the place of its text, and takes out arrays that hold nothing.
func tokenizeDivs(v any) error {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			if err := tokenizeDivs(one); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, one := range v {
			if list, is := one.([]any); is {
				for len(list) > 0 && list[len(list)-1] == nil {
					list = list[:len(list)-1] // nulls at the end, and [null] beside _name, say nothing
				}
				if v[name], one = list, list; len(list) == 0 {
					delete(v, name)
				}
			}
			text, is := one.(string)
			if name == "div" && is {
				root, err := xmlTree([]byte(text))
				if err != nil {
					return err
				}
				v[name] = root.String()
				continue
			}
			if err := tokenizeDivs(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// tree is one element of XML. Those below it stand in the order of the document; text stands as an element without a name.
type tree struct {
	name, text string
	attrs      map[string]string
	below      []*tree
}

// xmlTree reads XML as XML says: white space in attributes is blanks (XML 1.0, 3.3.3), names count without their prefix, comments count for nothing.
func xmlTree(data []byte) (*tree, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Entity = xml.HTMLEntity
	path := []*tree{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := path[len(path)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &tree{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && a.Name.Local != "schemaLocation" {
					n.attrs[a.Name.Local] = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(a.Value)
				}
			}
			top.below = append(top.below, n)
			path = append(path, n)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if last := len(top.below) - 1; last >= 0 && top.below[last].name == "" {
				top.below[last].text += string(t)
			} else {
				top.below = append(top.below, &tree{text: string(t)})
			}
		}
	}
	if roots := elements(path[0]); len(roots) == 1 {
		return roots[0], nil
	}
	return nil, errors.New("not one element")
}

// elements leaves out what stands between elements.
func elements(n *tree) []*tree {
	return slices.DeleteFunc(slices.Clone(n.below), func(one *tree) bool { return one.name == "" })
}

func (n *tree) String() string {
	if n.name == "" {
		return fmt.Sprintf("%q", n.text)
	}
	s := "<" + n.name
	for _, name := range slices.Sorted(maps.Keys(n.attrs)) {
		s += fmt.Sprintf(" %s=%q", name, n.attrs[name])
	}
	s += ">"
	for _, one := range n.below {
		s += one.String()
	}
	return s + "</>"
}

// xmlValue gives what a resource in XML says: elements of one name in their order, whatever stands between them, and without what a server sets.
func xmlValue(data []byte) (any, error) {
	root, err := xmlTree(bytes.TrimPrefix(data, []byte("\uFEFF")))
	if err != nil {
		return nil, err
	}
	root.below = slices.DeleteFunc(elements(root), func(one *tree) bool {
		if one.name == "meta" {
			one.below = slices.DeleteFunc(elements(one), func(m *tree) bool { return m.name == "versionId" || m.name == "lastUpdated" })
			return len(one.below) == 0
		}
		return one.name == "id"
	})
	return plain(root), nil
}

func plain(n *tree) any {
	if n.name == "div" {
		return n.String()
	}
	v := map[string]any{}
	for name, value := range n.attrs {
		v["@"+name] = value
	}
	for _, one := range elements(n) {
		list, _ := v[one.name].([]any)
		v[one.name] = append(list, plain(one))
	}
	return v
}

// difference says where two values part, "" where they are equal.
func difference(at string, want, have any) string {
	if reflect.DeepEqual(want, have) {
		return ""
	}
	switch w := want.(type) {
	case map[string]any:
		h, is := have.(map[string]any)
		if !is {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if d := difference(at+"."+name, w[name], h[name]); d != "" {
				return d
			}
		}
		for name := range h {
			if _, is := w[name]; !is {
				return at + "." + name + " was added"
			}
		}
	case []any:
		h, is := have.([]any)
		if !is || len(h) != len(w) {
			break
		}
		for i := range w {
			if d := difference(fmt.Sprintf("%s[%d]", at, i), w[i], h[i]); d != "" {
				return d
			}
		}
	}
	return fmt.Sprintf("%s: sent %.200v, came back %.200v", at, want, have)
}
