package mapping

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"warmhandoff/fhir"
)

// A package as a Bundle, labelled, and the list of what was left out of it.

// add takes a resource in, with the label that it needs.
func (k *packing) add(body []byte) {
	r, err := fhir.ReadStored(body)
	if err != nil {
		panic("mapping: a package holds what is no resource: " + err.Error())
	}
	if (k.part2 || part2Labelled(r)) && !slices.Contains(codesIn(r.Get("meta", "security")), codePart2) {
		if r, err = fhir.ReadStored(r.With(labelled(r))); err != nil {
			panic("mapping: a label made a resource unreadable: " + err.Error())
		}
	}
	for label := range r.Get("meta", "security").All() {
		k.label(label.Raw(), Coding{label.Get("system").Text(), label.Get("code").Text()})
	}
	entry := []byte(`{"fullUrl":`)
	entry = append(append(entry, quoted(k.urlOf(r))...), `,"resource":`...)
	k.entries = append(k.entries, append(append(entry, r.Bytes()...), '}'))
}

// urlOf names an entry: what is stored here by its address, what is made for the package by its content.
func (k *packing) urlOf(r *fhir.Resource) string {
	if k.s.Base != "" && r.VersionID() != "" {
		return k.s.Base + "/" + r.Type() + "/" + r.ID()
	}
	sum := sha256.Sum256([]byte(r.Type() + "/" + r.ID()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// labelled gives the edit of meta that labels a resource as 42 CFR Part 2 content and leaves all else.
func labelled(r *fhir.Resource) fhir.Edit {
	var members [][]byte
	labels := make([][]byte, 0, 4)
	for name, v := range r.Get("meta").Members() {
		if name != "security" {
			members = append(members, slices.Concat(quoted(name), []byte(":"), v.Raw()))
			continue
		}
		for label := range v.All() {
			labels = append(labels, label.Raw())
		}
	}
	for _, one := range part2Labels {
		labels = append(labels, encoded(one))
	}
	members = append(members, slices.Concat([]byte(`"security":`), array(labels)))
	return fhir.SetMember("meta", slices.Concat([]byte("{"), bytes.Join(members, []byte(",")), []byte("}")))
}

// label adds a label to those of the whole.
func (k *packing) label(raw []byte, c Coding) {
	for _, have := range k.labels {
		if bytes.Equal(have, raw) {
			return
		}
	}
	if c.Code != "" {
		k.labels = append(k.labels, raw)
	}
}

// sealed makes the Bundle, and refuses one that holds labelled content without the notice.
func (k *packing) sealed() (*Package, error) {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle"`)
	if len(k.labels) > 0 {
		b.WriteString(`,"meta":{"security":`)
		b.Write(array(k.labels))
		b.WriteString(`}`)
	}
	b.WriteString(`,"type":"collection","timestamp":`)
	b.Write(stampedAt(k.at))
	b.WriteString(`,"entry":`)
	b.Write(array(k.entries))
	b.WriteString(`}`)
	if k.labelled && !bytes.Contains(b.Bytes(), []byte(Part2Notice)) {
		return nil, fmt.Errorf("the package of Task/%s holds 42 CFR Part 2 content and no notice", k.p.Task.ID())
	}
	k.out.Bundle = b.Bytes()
	return &k.out, nil
}

// Listed gives a package with the list of what was left out, as the JSON of a Parameters resource: for whoever answers for it, never for whom it
// goes to.
func (p *Package) Listed() []byte {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Parameters","parameter":[{"name":"package","resource":`)
	b.Write(p.Bundle)
	b.WriteString(`}`)
	for _, w := range p.Withheld {
		b.WriteString(`,`)
		b.Write(encoded(withheldPart{"withheld", []any{
			refPart{"what", reference{w.Ref}}, textPart{"because", w.Because},
		}}))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

type withheldPart struct {
	Name string `json:"name"`
	Part []any  `json:"part"`
}

type refPart struct {
	Name  string    `json:"name"`
	Value reference `json:"valueReference"`
}

type textPart struct {
	Name  string `json:"name"`
	Value string `json:"valueString"`
}
