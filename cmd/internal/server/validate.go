package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/turn"
	"warmhandoff/fhir"
	"warmhandoff/fhir/invariant"
	"warmhandoff/fhir/profile"
)

const validateDoc = "What is wrong with a resource, or would be with writing it: 200 and an OperationOutcome, and nothing is stored. The resource is the body, " +
	"or the parameter resource of a Parameters body, or the stored one; mode (create, update, delete, profile; of a Bundle transaction, which is ours: as if it were posted to the base) and profile stand there or in the query. " +
	"Checked are the rules that every write must keep, the published FHIRPath invariants of R4 and what its pages state in words (warnings: a write is not refused for them; " +
	"errors where profile is R4's own, http://hl7.org/fhir/StructureDefinition/ and the type), with a mode the write itself (also the Task's move: it is " +
	"carried out and undone), and the profiles that are asked for (errors) or claimed in meta.profile (warnings, since a write is not refused for them). " +
	"This is not the HL7 validator: no value set beyond the required codes of R4 and those of the profiles known here, no profile but these, no other " +
	"server is asked."

// validateFor is how long the invariants of one resource may take.
const validateFor = 5 * time.Second

// validation is one call of $validate.
type validation struct {
	in       *request
	data     []byte         // as JSON, nil where the resource is not from outside
	resource *fhir.Resource // as far as it can be read, nil where it cannot
	mode     string         // "", create, update, delete, profile
	profile  string         // canonical, "" for none
	issues   []fhir.Issue
	sound    bool // the strict reader took it
}

// validate answers what is wrong with a resource.
//
// Source: FHIR R4, resource-operation-validate.html
func (s *Server) validate(ctx context.Context, in *request) (*answer, error) {
	v := &validation{in: in}
	if err := in.validating(ctx, 0); err != nil {
		return nil, err
	}
	if err := v.asked(); err != nil {
		return nil, err
	}
	if err := s.subject(ctx, v); err != nil {
		return nil, err
	}
	if err := in.validating(ctx, len(v.data)); err != nil {
		return nil, err
	}
	if v.resource != nil && v.mode != "delete" {
		limited, cancel := context.WithTimeout(ctx, validateFor)
		defer cancel()
		limited = turn.Yielding(limited)
		if v.asksR4() {
			v.issues = append(v.issues, invariant.Check(limited, v.resource)...)
		} else {
			v.issues = append(v.issues, Besides(limited, v.resource, nil, true)...)
		}
		s.profiles(v)
	}
	if err := s.tried(ctx, v); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, text: text{body: fhir.OperationOutcome(v.issues...)}}, nil
}

// asksR4 reports whether the profile that is asked for is R4's own of the type. As with every profile that is asked for, what breaks it is an error then:
// the question is whether the resource is valid, and not whether it is taken.
func (v *validation) asksR4() bool {
	return canonical(v.profile) == structureDefinition+v.resource.Type()
}

// structureDefinition begins the canonical URL of R4's definition of a type.
const structureDefinition = "http://hl7.org/fhir/StructureDefinition/"

// asked takes apart what was sent: the resource by itself, or Parameters with resource, mode and profile; mode and profile of the query hold
// where both say something.
func (v *validation) asked() error {
	q, err := url.ParseQuery(v.in.query)
	if err != nil {
		return v.in.badQuery("url")
	}
	if v.data = v.in.raw; isXML(v.in.media) && len(v.data) > 0 {
		if v.data, v.issues = fhir.FromXML(v.in.raw); v.data == nil {
			return v.modes(q)
		}
		v.issues = nil // the strict reader tells them again
	}
	if sent, err := fhir.ReadStored(v.data); err == nil && sent.Type() == "Parameters" && len(v.data) > 0 {
		v.data = nil
		for p := range sent.Get("parameter").All() {
			switch _, value := p.Choice("value"); p.Get("name").Text() {
			case "resource":
				v.data = p.Get("resource").Raw()
			case "mode":
				v.mode = value.Text()
			case "profile":
				v.profile = value.Text()
			}
		}
	}
	return v.modes(q)
}

func (v *validation) modes(q url.Values) error {
	if q.Has("mode") {
		v.mode = q.Get("mode")
	}
	if q.Has("profile") {
		v.profile = q.Get("profile")
	}
	switch v.mode {
	case "", "create":
		return nil
	case "transaction":
		if v.in.typ != "Bundle" {
			return fail(http.StatusBadRequest, fhir.CodeInvalid, "", "Mode transaction is about a Bundle: what would become of it if it were posted to the base.")
		}
		return nil
	case "update", "delete":
		if v.in.id == "" {
			return fail(http.StatusBadRequest, fhir.CodeInvalid, "", "Mode "+v.mode+" is about one resource: [base]/"+v.in.typ+"/123/$validate.")
		}
		return nil
	case "profile":
		if v.profile == "" {
			return fail(http.StatusBadRequest, fhir.CodeRequired, "", "Mode profile needs the parameter profile: the URL of a profile.")
		}
		return nil
	}
	return fail(http.StatusBadRequest, fhir.CodeCodeInvalid, "", "The mode is one of create, update, delete, profile, and for a Bundle transaction.")
}

// subject finds the resource to look at, and what the strict reader has against it.
func (s *Server) subject(ctx context.Context, v *validation) error {
	switch {
	case len(v.data) == 0 && len(v.issues) > 0:
		return nil // XML that is none
	case len(v.data) == 0 && v.in.id == "":
		return fail(http.StatusBadRequest, fhir.CodeRequired, "", "There is no resource to look at: send it as the body, or as the parameter resource of a Parameters resource.")
	case len(v.data) == 0:
		stored, err := s.engine.Read(ctx, v.in.who, v.in.typ, v.in.id)
		if err != nil {
			return withDeletion(err, stored)
		}
		v.data = stored.Body
	}
	v.resource, v.issues = fhir.Read(v.data)
	if v.sound = v.resource != nil; !v.sound {
		v.resource, _ = fhir.ReadStored(v.data)
	}
	if v.resource != nil && v.resource.Type() != v.in.typ {
		return fail(http.StatusBadRequest, fhir.CodeInvalid, v.resource.Type()+".resourceType",
			"The address takes a "+v.in.typ+", and the resource is a "+v.resource.Type()+".")
	}
	return nil
}

// profiles checks the profile that was asked for, and those that the resource, or a resource in a Bundle, claims. One that was asked for and is not
// known is an error; one that is only claimed is told.
//
// Source: FHIR R4, resource-operation-validate.html ("if the server cannot validate against the nominated profile, it SHALL return an error")
func (s *Server) profiles(v *validation) {
	asked, known := profile.Find(s.set.Profiles, v.profile)
	switch {
	case known:
		v.issues = append(v.issues, asked.Check(v.resource)...)
	case v.profile != "" && !ofR4(v.profile, v.resource):
		v.issues = append(v.issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeNotSupported,
			Text: "The profile that was asked for is not known here. Known are: " + s.profileNames() + "."})
	}
	for _, c := range claims(v.resource) {
		p, known := profile.Find(s.set.Profiles, c.url.Text())
		if len(v.issues) >= fhir.MaxIssues {
			v.issues = append(v.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeTooCostly, Expression: c.at,
				Text: fmt.Sprintf("From here on no profile was looked at: more than %d issues were found.", fhir.MaxIssues)})
			return
		}
		switch {
		case c.by == v.resource && canonical(c.url.Text()) == canonical(v.profile):
		case known:
			v.issues = append(v.issues, c.check(p)...)
		case !ofR4(c.url.Text(), c.by):
			v.issues = append(v.issues, fhir.Issue{Severity: fhir.Information, Code: fhir.CodeNotSupported, Expression: c.place(c.url.Path()),
				Text: "This profile is not known here and was not checked."})
		}
	}
}

// ofR4 reports whether a profile is R4's own definition of the type, which is checked in any case.
func ofR4(url string, r *fhir.Resource) bool { return canonical(url) == definitionOf(r.Type()) }

func definitionOf(typ string) string { return "http://hl7.org/fhir/StructureDefinition/" + typ }

// canonical gives a canonical URL without its version.
func canonical(url string) string {
	url, _, _ = strings.Cut(url, "|")
	return url
}

func (s *Server) profileNames() string {
	names := make([]string, len(s.set.Profiles))
	for i, p := range s.set.Profiles {
		names[i] = p.URL + "|" + p.Version
	}
	return strings.Join(names, ", ")
}

// aMode names one write of a mode.
var aMode = map[string]string{"create": "a create", "update": "an update", "delete": "a delete"}

// tried finds out whether the write that a mode speaks of would be taken. What the strict reader refuses is refused before that.
func (s *Server) tried(ctx context.Context, v *validation) error {
	if v.mode == "transaction" {
		more, err := s.tryBundle(ctx, v)
		v.issues = append(v.issues, more...)
		return err
	}
	change := engine.Change{Type: v.in.typ, ID: v.in.id, Resource: v.resource}
	switch v.mode {
	case "create":
		change.Method, change.ID = engine.Create, ""
	case "update":
		change.Method = engine.Update
	case "delete":
		change.Method, change.Resource = engine.Delete, nil
	default:
		return nil
	}
	if !v.sound && v.mode != "delete" {
		return nil
	}
	var err error
	if change.IfMatch, err = ifMatch(v.in.ifMatch, ""); err != nil {
		return err
	}
	results, err := atWriter(ctx, s, func(ctx context.Context) ([]engine.Result, error) {
		return s.engine.Try(ctx, v.in.who, []engine.Change{change})
	})
	var no *engine.Refusal
	if errors.As(err, &no) {
		f := refused(no)
		if f.status >= http.StatusInternalServerError {
			return err
		}
		for _, issue := range f.issues {
			issue.Text = fmt.Sprintf("%s (%s would be refused with %d).", strings.TrimSuffix(issue.Text, "."), aMode[v.mode], f.status)
			v.issues = append(v.issues, issue)
		}
		return nil
	}
	v.issues = append(v.issues, became(results)...)
	return err
}
