package engine

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReferralPostedAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		again string
		want  Done
		same  bool // the same resource
	}{
		{"with the same content", request(placed, ""), Unchanged, true},
		{"with another id and meta", strings.Replace(request(placed, ""), `{"resourceType":"ServiceRequest",`, `{"resourceType":"ServiceRequest","id":"x","meta":{"versionId":"4"},`, 1), Unchanged, true},
		{"with other content", request(placed, `,"priority":"urgent"`), Updated, true},
		{"with its identifiers in another order and one more", request(`"identifier":[{"system":"urn:ehr","value":"R-7"},{"system":"urn:a","value":"1"}],`, ""), Created, false},
		{"by another requester", strings.Replace(request(placed, ""), "Organization/ref", "Organization/other", 1), Created, false},
		{"by the same requester, written as a URL of ours", strings.Replace(request(placed, ""), "Organization/ref", base+"/Organization/ref", 1), Updated, true},
		{"with another intent", strings.Replace(request(placed, ""), `"order"`, `"filler-order"`, 1), Created, false},
		{"standing under another request", request(placed, `,"basedOn":[{"reference":"ServiceRequest/above"}]`), Created, false},
		{"without an identifier", request("", ""), Created, false},
		{"with an identifier without value", request(`"identifier":[{"system":"urn:ehr"}],`, ""), Created, false},
		{"without a requester", strings.Replace(request(placed, ""), `"requester":{"reference":"Organization/ref"}`, `"authoredOn":"2026"`, 1), Created, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			first := f.apply(f.post(request(placed, "")))[0]
			got := f.apply(f.post(tt.again))[0]
			assert.Equal(t, tt.want, got.Done)
			assert.Equal(t, tt.same, first.Version.ID == got.Version.ID)
		})
	}
}

func TestALateRepeatDoesNotTakeBackACorrection(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.post(request(placed, "")))
	f.apply(f.post(request(placed, `,"priority":"urgent"`)))
	for range 2 {
		got := f.apply(f.post(request(placed, "")))[0]
		assert.Equal(t, Unchanged, got.Done)
		assert.Equal(t, 2, got.Version.Number)
		assert.Equal(t, Unchanged, f.apply(f.post(request(placed, `,"priority":"urgent"`)))[0].Done)
	}
}

func TestADeletedReferralBeginsAnew(t *testing.T) {
	t.Parallel()
	f := start(t)
	first := f.apply(f.post(request(placed, "")))[0]
	f.apply(Change{Method: Delete, Type: "ServiceRequest", ID: first.Version.ID})
	second := f.apply(f.post(request(placed, "")))[0]
	assert.Equal(t, Created, second.Done)
	assert.NotEqual(t, first.Version.ID, second.Version.ID)
	assert.Equal(t, Unchanged, f.apply(f.post(request(placed, "")))[0].Done)
}

func TestWhatHasNoIdentityIsAlwaysNew(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, body := range []string{request("", ""), strings.Replace(request(placed, ""), `"requester":{"reference":"Organization/ref"}`, `"authoredOn":"2026"`, 1),
		strings.Replace(request(placed, ""), `"requester":{"reference":"Organization/ref"}`, `"requester":{"display":"Dr. Example"}`, 1)} {
		for range 2 {
			assert.Equal(t, Created, f.apply(f.post(body))[0].Done, body)
		}
	}
}

func TestTheOrderOfIdentifiersDoesNotMatter(t *testing.T) {
	t.Parallel()
	f := start(t)
	a, b := `{"system":"urn:ehr","value":"R-7"}`, `{"system":"urn:a","value":"1"}`
	f.apply(f.post(request(`"identifier":[`+a+`,`+b+`],`, "")))
	assert.Equal(t, Updated, f.apply(f.post(request(`"identifier":[`+b+`,`+a+`],`, "")))[0].Done)
}

func TestWhatADeletedReferralSaidIsForgotten(t *testing.T) {
	t.Parallel()
	f := start(t)
	urgent := request(placed, `,"priority":"urgent"`)
	first := f.apply(f.post(request(placed, "")))[0]
	f.apply(f.post(urgent))
	f.apply(Change{Method: Delete, Type: "ServiceRequest", ID: first.Version.ID})
	assert.Equal(t, Created, f.apply(f.post(request(placed, "")))[0].Done)
	assert.Equal(t, Updated, f.apply(f.post(urgent))[0].Done)
}

func TestALogicalRequester(t *testing.T) {
	t.Parallel()
	f := start(t)
	body := strings.Replace(request(placed, ""), `{"reference":"Organization/ref"}`, `{"identifier":{"system":"urn:npi","value":"1"}}`, 1)
	f.apply(f.post(body))
	assert.Equal(t, Unchanged, f.apply(f.post(body))[0].Done)
}

const owned = `,"owner":{"reference":"Organization/harbor"},"requester":{"reference":"Organization/ref"}`

func TestATaskPostedAgain(t *testing.T) {
	t.Parallel()
	named := func(more string) string { return task(`,"identifier":[{"system":"urn:ehr","value":"T-1"}]` + more) }
	f := start(t)
	const focus = `,"focus":{"reference":"ServiceRequest/s"}`
	f.apply(f.post(named(focus + owned)))
	assert.Equal(t, Unchanged, f.apply(f.post(named(focus + owned)))[0].Done)
	assert.Equal(t, Updated, f.apply(f.post(named(focus + owned + `,"priority":"urgent"`)))[0].Done)
	assert.Equal(t, Created, f.apply(f.post(named(owned)))[0].Done, "another focus is another Task")
	assert.Equal(t, Created, f.apply(f.post(named(focus + strings.Replace(owned, "harbor", "pier", 1))))[0].Done, "another owner is another Task")
	assert.Equal(t, Created, f.apply(f.post(named(focus + owned + `,"partOf":[{"reference":"Task/t"}]`)))[0].Done, "a part of another is another Task")
	assert.Equal(t, Created, f.apply(f.post(task(focus + owned)))[0].Done, "a Task without identifier alone is nobody's repeat")
}

// sent is a referral as a client sends it that makes up new URNs each time.
func (f *fixture) sent(urn, more string) []Change {
	return bundle(f.post(request(placed, more)).as(urn), f.post(task(`,"focus":{"reference":"`+urn+`"}`+owned)))
}

func TestABundleSentAgainWithOtherURNs(t *testing.T) {
	t.Parallel()
	f := start(t)
	first := f.apply(f.sent(urnA, "")...)
	assert.Equal(t, "created created", done(first))
	again := f.apply(f.sent(urnB, "")...)
	assert.Equal(t, "unchanged unchanged", done(again))
	assert.Equal(t, first[1].Version, again[1].Version)
	assert.Equal(t, "updated unchanged", done(f.apply(f.sent(urnB, `,"priority":"urgent"`)...)), "the request changed, its Task did not")
	assert.Equal(t, 1, f.count("ServiceRequest"))

	other := f.sent(urnB, "")
	other[1].Resource = read(t, strings.Replace(string(other[1].Resource.Bytes()), "harbor", "pier", 1))
	assert.Equal(t, "unchanged created", done(f.apply(other...)), "a second agency gets a Task of its own")

	id := first[1].Version.ID
	body := strings.Replace(string(f.stored("Task", id).Bytes()), `"requested"`, `"rejected"`, 1)
	f.apply(f.put(body))
	assert.Equal(t, "unchanged created", done(f.apply(f.sent("urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a13", "")...)), "after a no the same agency is asked again")
}

func TestATwinIsTheSameTask(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, to, want string }{
		{"the same", "", "", "unchanged unchanged"},
		{"another code", `"code":"fulfill"`, `"code":"abort"`, "unchanged created"},
		{"another requester", "Organization/ref", "Organization/other", "unchanged created"},
		{"a part of another", `"intent"`, `"partOf":[{"reference":"Task/t"}],"intent"`, "unchanged created"},
		{"another status and words", `"status":"requested"`, `"description":"again","status":"draft"`, "unchanged unchanged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.apply(f.sent(urnA, "")...)
			again := f.sent(urnB, "")
			again[1].Resource = read(t, strings.Replace(string(again[1].Resource.Bytes()), tt.from, tt.to, 1))
			assert.Equal(t, tt.want, done(f.apply(again...)))
		})
	}
	t.Run("a request that is PUT brings new Tasks", func(t *testing.T) {
		t.Parallel()
		f := start(t)
		for i := range 2 {
			sr := f.put(strings.Replace(request(placed, ""), `{"resourceType"`, `{"id":"sr","resourceType"`, 1)).as(urnA)
			f.apply(bundle(sr, f.post(task(fmt.Sprintf(`,"focus":{"reference":"%s"},"description":"%d"`, urnA, i)+owned)))...)
		}
		assert.Equal(t, 2, f.count("Task"))
	})
}

func TestTwoTasksOfOneRequestSentAgain(t *testing.T) {
	t.Parallel()
	f := start(t)
	two := func(urn string) []Change {
		c := f.sent(urn, "")
		return bundle(c[0], c[1], f.post(task(`,"focus":{"reference":"`+urn+`"}`+owned)))
	}
	assert.Equal(t, "created created created", done(f.apply(two(urnA)...)))
	got := f.apply(two(urnB)...)
	assert.Equal(t, "unchanged unchanged unchanged", done(got))
	assert.NotEqual(t, got[1].Version.ID, got[2].Version.ID)
}

func TestARequesterThatTheBundleBrings(t *testing.T) {
	t.Parallel()
	f := start(t)
	role := func(urn string) []Change {
		return bundle(f.post(`{"resourceType":"PractitionerRole","identifier":[{"system":"urn:role","value":"1"}]}`).as(urn),
			f.post(strings.Replace(request(placed, ""), "Organization/ref", urn, 1)))
	}
	f.apply(role(urnA)...)
	assert.Equal(t, "unchanged unchanged", done(f.apply(role(urnB)...)), "the same request, by somebody who calls themselves the same")
	assert.Equal(t, 1, f.count("ServiceRequest"))
}

func TestABundleSentAgainByteForByte(t *testing.T) {
	t.Parallel()
	f := start(t)
	whole := func() []Change {
		return bundle(append(f.sent(urnA, ""), f.post(patient("1")), Change{Method: Delete, Type: "Patient", ID: "never"})...)
	}
	first := f.apply(whole()...)
	assert.Equal(t, "created created created deleted", done(first))
	id := first[1].Version.ID
	f.apply(f.put(strings.Replace(string(f.stored("Task", id).Bytes()), `"requested"`, `"accepted"`, 1)))
	before := f.everything()
	again := f.apply(whole()...)
	assert.Equal(t, "unchanged unchanged unchanged deleted", done(again))
	assert.Equal(t, 2, again[1].Version.Number, "the newest version is told")
	assert.Equal(t, before, f.everything())

	_, err := f.Apply(t.Context(), Principal{Party: "Organization/x"}, whole())
	require.NoError(t, err)
	assert.Equal(t, 2, f.count("Patient"), "another party's Bundle is another Bundle")

	f.apply(Change{Method: Delete, Type: "Patient", ID: first[2].Version.ID})
	assert.Equal(t, "unchanged unchanged created deleted", done(f.apply(whole()...)), "what was deleted since is made again")
	assert.Equal(t, "unchanged unchanged created deleted", done(f.apply(whole()...)))
}

func TestABundleWithAnIdentifier(t *testing.T) {
	t.Parallel()
	f := start(t)
	send := func(identifier, mrn string) string {
		got, err := f.ApplyBundle(t.Context(), Principal{}, identifier, bundle(f.post(patient(mrn))))
		require.NoError(t, err)
		return done(got)
	}
	assert.Equal(t, "created", send("urn:b|1", "1"))
	assert.Equal(t, "unchanged", send("urn:b|1", "1"))
	assert.Equal(t, "created", send("urn:b|2", "1"), "another identifier")
	assert.Equal(t, "created", send("urn:b|1", "2"), "the same identifier, other content")
	assert.Equal(t, "created", send("", "1"), "no identifier")
	assert.Equal(t, "created", send("", "1"))
}

func TestACrowdWithOneReferral(t *testing.T) {
	t.Parallel()
	f := start(t)
	for round := range rounds {
		identifier := fmt.Sprintf(`"identifier":[{"system":"urn:ehr","value":"R-%d"}],`, round)
		var created atomic.Int64
		ids := make([]string, crowd)
		together(func(i int) {
			changes := []Change{f.post(request(identifier, ""))}
			switch i % 3 {
			case 1: // as a Bundle, the same bytes for all
				changes = bundle(changes[0].as(urnA), f.post(task(`,"focus":{"reference":"`+urnA+`"}`+owned)))
			case 2: // as a Bundle, URNs of one's own
				urn := fmt.Sprintf("urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a%02d", i)
				changes = bundle(changes[0].as(urn), f.post(task(`,"focus":{"reference":"`+urn+`"}`+owned)))
			}
			got, err := f.Apply(t.Context(), Principal{}, changes)
			if assert.NoError(t, err) {
				ids[i] = got[0].Version.ID
				if got[0].Done == Created {
					created.Add(1)
				}
			}
		})
		require.EqualValues(t, 1, created.Load(), "round %d", round)
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
	}
	assert.Equal(t, rounds, f.count("ServiceRequest"))
	assert.Equal(t, rounds, f.count("Task"))
}
