package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// record is what the table of evidence asks about: a resource that says that somebody came, as it stands for one leg.
type record struct {
	typ     string
	h       *History
	v       *Version // that speaks for it
	taken   bool     // and was taken back since
	by      []string // who is named as having done it
	at      workflow.Moment
	booking string // the appointment of this leg that it names; "" none
	bare    bool   // nobody but the referrer's side has said it
	self    bool   // nobody but the person has
	decides bool   // it is a human's decision between others
	place   place
	voice   workflow.Voice
}

// sign gives what a record says, by the table of evidence. Without a time of its own it borrows that of its appointment: over is whether it is over.
func (c *leg) sign(r *record, over bool) workflow.Sign {
	s := workflow.Sign{
		Says: workflow.Came, Voice: workflow.Record, At: r.at, Booking: r.booking, Taken: r.taken,
		Said: r.v.Received, Received: r.v.Received, Source: r.v.source(r.h.Key),
	}
	row := c.rowOf(r)
	s.Rule, s.Note = row.name, row.note
	switch row.gives {
	case counts:
		s.Grade, s.Note = c.gradeOf(r)
	case asks:
		s.Grade, s.Asks = workflow.GradeE, true
	case none:
		s.Grade = workflow.GradeX
	}
	if row.gives == none && r.v.Fact.NotUnderstood != "" {
		s.Note += r.v.Fact.NotUnderstood
	}
	if s.At.IsZero() && s.Grade != workflow.GradeX && s.Grade != workflow.GradeE && !r.decides {
		if s.Borrows = workflow.FromStart; over {
			s.Borrows = workflow.FromEnd
		}
	}
	return s
}

// rowOf gives the first row of the table of evidence that holds for a record.
func (c *leg) rowOf(r *record) *evidenceRow {
	for i := range evidence {
		if row := &evidence[i]; slices.Contains(row.of, r.typ) && row.holds(c, r) {
			return row
		}
	}
	return &evidence[len(evidence)-1]
}

// ofReferrer reports a version that the referrer's side wrote. Where the referrer and the agency are one organization it is not known by who wrote.
func (c *leg) ofReferrer(v *Version) bool {
	if v.Own || c.oneHouse() {
		return false
	}
	return v.Role == workflow.Referrer || v.Role == "" && v.Party != "" && v.Party != c.agency && slices.Contains(c.referrers, v.Party)
}

// witnessed gives what of a resource says what happened: the versions by the agency, a feed, a navigator, the person, or whoever did not say who they
// are. bare reports that there is none but by the referrer's side; the history is then whole. Where the newest version is left out, whether the
// resource is about this leg is read from the newest that is not.
//
// Source: local, ruling 36: what the referrer's side says of a visit neither makes nor unmakes evidence
func (c *leg) witnessed(h *History) (only *History, bare bool) {
	if !slices.ContainsFunc(h.Versions, func(v Version) bool { return c.ofReferrer(&v) }) {
		return h, false
	}
	one := *h
	one.Versions = slices.DeleteFunc(slices.Clone(h.Versions), func(v Version) bool { return c.ofReferrer(&v) })
	n := one.newest()
	if n == nil {
		return h, true
	}
	if last := h.newest(); c.ofReferrer(last) && !slices.Contains(c.outputs, h.Key) {
		switch f := lastFact(&one); {
		case f == nil, c.aboutHere(f):
			one.Former = false
		case len(f.About) > 0 || f.Encounter == nil:
			return h, true // the referrer's side alone says that it is about this referral
		}
	}
	return &one, false
}

func lastFact(h *History) *Fact {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil {
			return f
		}
	}
	return nil
}

// aboutHere reports that a version names this referral: its request, the agency's own one, or an appointment of this leg.
func (c *leg) aboutHere(f *Fact) bool {
	return slices.ContainsFunc(f.About, func(ref string) bool {
		return ref == c.r.r.Request.Key || c.r.child(ref) != nil || slices.Contains(c.bookings, ref) || slices.Contains(c.theirs, ref)
	})
}

// oneHouse reports that who asks and who is asked are one organization: of each record its service, place or worker then says whose it is.
func (c *leg) oneHouse() bool { return c.house }

// own reports one who is the agency's and not the referrer's, where both are one organization: the service, place or worker that was asked, by the Task
// or by name in the request, and who works there.
func (c *leg) own(ref string) bool {
	if ref == "" || ref == c.r.requester {
		return false
	}
	if slices.Contains(c.r.request.Named, ref) || c.r.r.Orgs != nil && !strings.HasPrefix(c.agency, "Organization/") && slices.Contains(c.r.r.Orgs(ref), c.agency) {
		return true
	}
	if !strings.HasPrefix(ref, "Organization/") {
		return ref == c.agency
	}
	return c.isAgency(ref) && !c.r.belong(c.r.requester, ref)
}

// placeOf says whose a record is: by whom it names, else by who wrote it, else by the only agency that was asked. org is the organization that it
// names, by are the places and people: they say it where both sides are one organization.
//
// Source: local, ruling 36
func (c *leg) placeOf(org string, by []string, v *Version, at time.Time) place {
	named := append([]string{org}, by...)
	if c.oneHouse() {
		switch {
		case slices.ContainsFunc(named, c.own), v.Role == workflow.Agency && c.isAgency(v.Party):
			return placeAgency
		case slices.Contains(by, c.r.requester), org == c.r.requester && org != c.agency && !slices.Contains(c.r.orgsOf(c.agency), org), v.Role == workflow.Referrer:
			return placeReferrer
		}
		return placeUnclear
	}
	switch {
	case org != "" && c.isAgency(org):
		return placeAgency
	case org != "" && c.referrersSide(org):
		return placeReferrer
	case org != "" && c.isAbove(org) && v.Role == workflow.Agency && c.isAgency(v.Party):
		return placeAgency
	case org != "" && c.isAbove(org) && c.alone(at):
		return placeDoubtful
	case org != "":
		return placeElsewhere
	case v.Role == workflow.Agency && c.isAgency(v.Party):
		return placeAgency
	case v.Role == workflow.Agency || !c.alone(at):
		return placeElsewhere
	case slices.ContainsFunc(by, c.worksElsewhere) && !c.anyOfAgency(by):
		return placeDoubtful
	}
	return placeUnsaid
}

// isAbove reports an organization of which the agency is a part: what is said of it may be said of the agency.
func (c *leg) isAbove(org string) bool {
	return c.r.r.Orgs != nil && slices.Contains(c.r.r.Orgs(c.agency), org)
}

// worksElsewhere reports a place or worker who is known to belong to an organization that is not the agency. Whoever goes along with the person works
// elsewhere, and says nothing of the place.
func (c *leg) worksElsewhere(ref string) bool {
	return ref != "" && ref != c.agency && Works(typeOfKey(ref)) && c.r.r.Orgs != nil && !c.r.guides.Has(ref) && len(c.r.r.Orgs(ref)) > 0
}

func typeOfKey(ref string) string {
	typ, _, _ := strings.Cut(ref, "/")
	return typ
}

// referrersSide reports somebody of the referrer's side.
func (c *leg) referrersSide(ref string) bool {
	return ref != "" && (slices.Contains(c.referrers, ref) || c.isReferrer(ref))
}

// isElse reports a record of somebody who is not the person referred: of another patient, or of a subject that is not known here.
func (c *leg) isElse(r *record) bool {
	who := r.v.Fact.Subject
	return who != "" && !strings.HasPrefix(who, "Group/") && !c.isSubject(who)
}

// notOfGroup reports a record of a group of which the person is known to be none.
func (c *leg) notOfGroup(who string) bool {
	group := c.r.group(who)
	return group != nil && !slices.ContainsFunc(group.members(c.r.r.At), c.r.person.is)
}

// saidBySelf reports that nobody but the person wrote what is heard of a record: it is their word, whatever it is written as.
//
// Source: local, evidence rule, grade D
func saidBySelf(h *History) bool {
	return len(h.Versions) > 0 && !slices.ContainsFunc(h.Versions, func(v Version) bool { return v.Role != workflow.Person })
}

// isOrigin reports the contact at which the person was referred: the encounter of the request, and what belongs to it.
func (c *leg) isOrigin(r *record) bool {
	switch f := r.v.Fact; {
	case f.Encounter != nil:
		return slices.Contains(c.r.origins, r.h.Key) || f.Encounter.PartOf != "" && slices.Contains(c.r.origins, f.Encounter.PartOf)
	case f.Procedure != nil:
		return f.Procedure.Encounter != "" && slices.Contains(c.r.origins, f.Procedure.Encounter)
	case f.Appointment != nil:
		return c.r.atOrigin(r.h.Key)
	}
	return false
}

// atOrigin reports the appointment of the contact at which the person was referred.
func (q *reading) atOrigin(appointment string) bool {
	if len(q.origins) == 0 {
		return false
	}
	return slices.ContainsFunc(q.r.Others, func(h History) bool {
		f := lastFact(&h)
		return f != nil && f.Encounter != nil && slices.Contains(q.origins, h.Key) && slices.Contains(f.Encounter.Appointments, appointment)
	})
}
