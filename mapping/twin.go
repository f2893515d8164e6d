package mapping

import (
	"slices"
	"strings"
	"time"
)

// ShelfAsks begins the name of the shelf on which a person's requests for one service stand: "Patient/p1/asks/http://snomed.info/sct|385767005".
const ShelfAsks = "/asks/"

// twinWindow is how far apart two requests may be and still be the same one sent twice.
//
// Source: local, awkward cases, duplicates: same person, service and agency within 14 days under another id
const twinWindow = 14 * 24 * time.Hour

// Alike is another request of the same person for the same service, and its Tasks.
type Alike struct {
	Request History
	Tasks   []History
}

// services names what a request asks for: each of its codes, or its words where it has none.
func services(codes []Coding, text string) []string {
	var list []string
	for _, c := range codes {
		if c.Code != "" {
			list = append(list, c.System+"|"+c.Code)
		}
	}
	if text = strings.ToLower(strings.Join(strings.Fields(text), " ")); len(list) == 0 && text != "" {
		list = append(list, text)
	}
	return list
}

// Asks gives the shelves of a person on which requests for the same service as this one stand.
func (h *History) Asks() []string {
	n := h.newest()
	if n == nil || n.Fact == nil || n.Fact.Request == nil || !strings.HasPrefix(n.Fact.Subject, "Patient/") {
		return nil
	}
	var list []string
	for _, s := range n.Fact.Request.Services {
		list = append(list, n.Fact.Subject+ShelfAsks+s)
	}
	return list
}

// NearTo reports that two requests were made at about the same time and that neither was made for the other.
func (h *History) NearTo(other *History) bool {
	a, b := h.newest(), other.newest()
	if a == nil || b == nil || a.Fact == nil || b.Fact == nil || a.Fact.Request == nil || b.Fact.Request == nil {
		return false
	}
	if slices.Contains(a.Fact.Request.BasedOn, other.Key) || slices.Contains(b.Fact.Request.BasedOn, h.Key) {
		return false
	}
	return h.made().Sub(other.made()).Abs() <= twinWindow && h.Followed() && other.Followed()
}

// made says when a request was written down, else when it first came.
func (h *History) made() time.Time {
	if n := h.newest(); !n.Fact.Request.Authored.IsZero() {
		return n.Fact.Request.Authored
	}
	return h.Versions[0].Received
}

// twins gives the other referrals in which the same agency is asked for the same service, and which did not end.
func (q *reading) twins(agency string) []string {
	if agency == "" {
		return nil
	}
	var list []string
	for i := range q.r.Alike {
		a := &q.r.Alike[i]
		if n := a.Request.newest(); n == nil || a.Request.deletion() != nil || n.Fact.Request.Status != "active" {
			continue
		}
		if slices.ContainsFunc(a.Tasks, func(h History) bool {
			return h.asks(agency) && q.s.follows(lastTask(&h), lastRequest(&a.Request), q.r.Orgs) == ""
		}) {
			list = append(list, a.Request.Key)
		}
	}
	slices.Sort(list)
	return list
}

// asks reports a Task by which an agency is asked and that did not end.
func (h *History) asks(agency string) bool {
	n := h.newest()
	return n != nil && !n.Deleted && n.Fact != nil && n.Fact.AsksOf() == agency
}

// AsksOf gives the agency that a Task asks, "" for one that ended, or asks nobody, or for no Task.
func (f *Fact) AsksOf() string {
	if f.Task == nil || f.Task.Kept != "" || ended(f.Task.Status) {
		return ""
	}
	return f.Task.Owner
}
