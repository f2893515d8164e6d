package mapping

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Version is one stored version of a resource and who wrote it.
type Version struct {
	Number   int
	Received time.Time
	Role     workflow.Role
	Party    string // "Organization/harbor", "" when not said
	Own      bool   // written by us
	Deleted  bool
	Fact     *Fact // nil when deleted

	// NotUnderstood is the element that made this version of a ServiceRequest or Task one that is not understood; "" where there is none. Fact is
	// then that of the last version of the parties before it that was, if there was one and the resource was not deleted since.
	NotUnderstood string
}

// History is what is kept of a resource's versions, oldest first. Former says that it was about the referral once and is no more. Of names the
// agency's own request through which it belongs to the referral, "" where it is the referrer's.
type History struct {
	Key      string // "Task/t1"
	Versions []Version
	Former   bool
	Of       string // "ServiceRequest/sr2"
}

// Add adds a version, the newest. f is what its resource says, nil for a deletion.
func (h *History) Add(v Version, f *Fact) {
	v.Fact = f
	if n := h.newest(); n != nil {
		v.Fact = f.mistakeOf(n.Fact)
	}
	if f != nil && f.NotUnderstood != "" && acts[f.Type] {
		v.NotUnderstood = f.NotUnderstood
		if o := h.lastUnderstood(); o != nil && h.deletion() == nil {
			v.Fact = o.Fact
		}
	}
	h.Versions = append(h.Versions, v)
}

// lastUnderstood returns the last version of the parties that is understood and says anything, nil for none.
func (h *History) lastUnderstood() *Version {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; v.Fact != nil && v.NotUnderstood == "" && !v.Own {
			return v
		}
	}
	return nil
}

// deletion returns the version that deleted a resource, nil for one that is here. What came since and is not understood brings nothing back: a
// deletion is understood, and it holds.
//
// Source: local, not understood means not acted on
func (h *History) deletion() *Version {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; v.NotUnderstood == "" {
			if v.Deleted {
				return v
			}
			return nil
		}
	}
	return nil
}

// Again adds a version of a history that is read anew. One that is not understood says again what the last one that is says.
func (h *History) Again(v Version) {
	f := v.Fact
	if f != nil && v.NotUnderstood != "" {
		f = &Fact{Type: f.Type, NotUnderstood: v.NotUnderstood, Labels: f.Labels, Part2: f.Part2}
	}
	h.Add(v, f)
}

// ID gives the logical id.
func (h *History) ID() string {
	for i := range h.Key {
		if h.Key[i] == '/' {
			return h.Key[i+1:]
		}
	}
	return h.Key
}

// silent reports a version that says nothing: a deletion, or one that is not understood.
func (v *Version) silent() bool { return v.Deleted || v.Fact == nil || v.NotUnderstood != "" }

func (v *Version) source(key string) string { return key + "/_history/" + strconv.Itoa(v.Number) }

// newest gives the last version, nil when there is none.
func (h *History) newest() *Version {
	if len(h.Versions) == 0 {
		return nil
	}
	return &h.Versions[len(h.Versions)-1]
}

// live gives the version that speaks for the resource, and whether what it said was taken back since: by deletion, by entered-in-error, or
// because the resource is about something else now.
func (h *History) live(inError func(*Fact) bool) (v *Version, taken bool) {
	n := h.newest()
	if n == nil {
		return nil, false
	}
	if !n.Deleted && !h.Former && !inError(n.Fact) {
		return n, false
	}
	for i := len(h.Versions) - 1; i >= 0; i-- {
		v := &h.Versions[i]
		if !v.Deleted && v.Fact != nil && !inError(v.Fact) && (!h.Former || i < len(h.Versions)-1) {
			return v, true
		}
	}
	return nil, true
}

// Names gives the further resources that a resource names and that belong to its referral: what a Task's output refers to, the Consents that a
// request rests on, and the person. Keys as "Procedure/p1".
func (h *History) Names() []string {
	n := h.newest()
	if n == nil || n.Fact == nil {
		return nil
	}
	switch f := n.Fact; {
	case f.Task != nil:
		return h.outputs()
	case f.Request != nil:
		var list []string
		for _, ref := range f.Request.Supporting {
			if strings.HasPrefix(ref, "Consent/") || strings.HasPrefix(ref, "CareTeam/") {
				list = append(list, ref)
			}
		}
		return list
	}
	return nil
}

// outputs gives what a Task's outputs name, as its parties last wrote it: a version of ours may leave them out. What the referrer's side puts there
// is no result.
func (h *History) outputs() []string {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; !v.Own && v.Role != workflow.Referrer && v.Fact != nil && v.Fact.Task != nil {
			return v.Fact.Task.Outputs
		}
	}
	return nil
}

// RelativeOf gives whose relative somebody is, "" where it does not say.
func (h *History) RelativeOf() string {
	if n := h.newest(); n != nil && n.Fact != nil {
		return n.Fact.RelativeOf
	}
	return ""
}

// IsHere reports a resource that is stored, and not deleted.
func (h *History) IsHere() bool {
	n := h.newest()
	return n != nil && !n.Deleted
}

// Organizations gives where somebody works (PractitionerRole) or what an Organization is part of.
func (h *History) Organizations() []string {
	n := h.newest()
	if n == nil || n.Fact == nil {
		return nil
	}
	if n.Fact.RoleAt != "" || len(n.Fact.RoleIn) > 0 {
		list := slices.Clone(n.Fact.RoleIn)
		if n.Fact.RoleAt != "" {
			list = append(list, n.Fact.RoleAt)
		}
		return list
	}
	if n.Fact.PartOf != "" {
		return []string{n.Fact.PartOf}
	}
	return nil
}

// Attests reports an Observation that attests a visit.
func (h *History) Attests() bool {
	n := h.newest()
	return n != nil && n.Fact != nil && n.Fact.Observation != nil && n.Fact.Observation.Attests
}

// OnlyOurs reports a resource that nobody but us has written.
func (h *History) OnlyOurs() bool {
	return len(h.Versions) > 0 && !slices.ContainsFunc(h.Versions, func(v Version) bool { return !v.Own })
}

// Performers gives whom a request asks, as its newest version names them.
func (h *History) Performers() []string {
	if n := h.newest(); n != nil && n.Fact != nil && n.Fact.Request != nil {
		return n.Fact.Request.Performers
	}
	return nil
}
