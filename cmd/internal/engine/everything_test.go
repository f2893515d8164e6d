package engine

import (
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

// keysOf gives the keys of what everything gives, sorted.
func (b *blind) keysOf(who Principal, query string) []string {
	b.t.Helper()
	q, err := url.ParseQuery(query)
	require.NoError(b.t, err)
	found, err := b.Everything(b.t.Context(), who, "ServiceRequest", "sr", q)
	require.NoError(b.t, err)
	assert.Equal(b.t, "ServiceRequest/sr", found.Versions[0].String(), "the request comes first")
	assert.Equal(b.t, len(found.Versions), found.Total)
	var keys []string
	for _, v := range found.Versions {
		keys = append(keys, v.String())
	}
	slices.Sort(keys)
	return keys
}

func TestEverythingTellsAReferrerNothingOfABlindLeg(t *testing.T) {
	t.Parallel()
	for name, end := range endings {
		b := startBlind(t)
		end(b)
		assert.Equal(t, []string{"Consent/c", "Patient/p", "ServiceRequest/sr", "Task/t"}, b.keysOf(bayview, ""), name)
	}
	b := startBlind(t)
	b.came()
	all := b.keysOf(Principal{Role: workflow.Navigator}, "")
	assert.Subset(t, all, []string{"Appointment/a", "Encounter/e", "Task/t"}, "a navigator sees all")
}

func TestEverythingOfAnAgencyIsItsPackageAndWhatItWrote(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.booked()
	found, err := b.Everything(t.Context(), delta, "ServiceRequest", "sr", nil)
	require.NoError(t, err)
	var keys []string
	for _, v := range found.Versions {
		keys = append(keys, v.String())
	}
	assert.Contains(t, keys, "Appointment/a", "its own")
	assert.Contains(t, keys, "Task/t")
	require.Len(t, found.Included, 1, "the notice goes with every page")
	assert.Contains(t, string(found.Included[0].Body), "42 CFR")
	narrow, err := b.Everything(t.Context(), delta, "ServiceRequest", "sr", url.Values{"_type": {"Appointment"}})
	require.NoError(t, err)
	assert.Len(t, narrow.Included, 1, "whatever was asked for")
	for _, who := range []Principal{{Role: workflow.Agency, Party: "Organization/other"}, {Role: workflow.Feed}, {Role: workflow.Person, Party: "Patient/p"}} {
		_, err = b.Everything(t.Context(), who, "ServiceRequest", "sr", nil)
		var no *Refusal
		require.ErrorAs(t, err, &no, "%v", who)
		assert.Equal(t, Forbidden, no.Kind)
	}
	b.say(bayview, recovery("inactive", "IRCP"))
	_, err = b.Everything(t.Context(), delta, "ServiceRequest", "sr", nil)
	assert.Error(t, err, "after the end it reads nothing more")
}

// paged gives the keys of all pages of a size, sorted.
func (b *blind) paged(who Principal, count string) []string {
	b.t.Helper()
	var keys []string
	for q := (url.Values{"_count": {count}}); q != nil; {
		found, err := b.Everything(b.t.Context(), who, "ServiceRequest", "sr", q)
		require.NoError(b.t, err)
		if len(keys) == 0 {
			assert.Equal(b.t, "ServiceRequest/sr", found.Versions[0].String())
		}
		require.LessOrEqual(b.t, strconv.Itoa(len(found.Versions)), count)
		for _, v := range found.Versions {
			keys = append(keys, v.String())
		}
		q = found.Next
	}
	slices.Sort(keys)
	return keys
}

func TestEverythingPagesSinceAndTypes(t *testing.T) {
	t.Parallel()
	b := startBlind(t)
	b.booked()
	anyone := Principal{}
	for _, count := range []string{"1", "2", "3"} {
		assert.Equal(t, b.keysOf(anyone, ""), b.paged(anyone, count), "each once")
	}
	b.say(bayview, `{"resourceType":"ServiceRequest","id":"sr","meta":{"security":[{"code":"42CFRPart2"}]},"status":"active","intent":"order","subject":{"reference":"Patient/p"},"authoredOn":"2026-03-02","requester":{"reference":"Organization/ref"},"patientInstruction":"Bring a friend."}`)
	for _, count := range []string{"1", "2", "3"} {
		assert.Equal(t, b.keysOf(anyone, ""), b.paged(anyone, count), "also when the request was written last")
	}
	found, err := b.Everything(t.Context(), anyone, "ServiceRequest", "sr", url.Values{"_type": {"Appointment,Patient"}})
	require.NoError(t, err)
	assert.Len(t, found.Versions, 2)
	found, err = b.Everything(t.Context(), anyone, "ServiceRequest", "sr", url.Values{"_since": {"2100-01-01T00:00:00Z"}})
	require.NoError(t, err)
	assert.Empty(t, found.Versions)
	for _, wrong := range []url.Values{{"_count": {"many"}}, {"_since": {"yesterday"}}, {"_type": {"Thing"}}, {"status": {"active"}}, {"_cursor": {"AAAA"}}} {
		_, err = b.Everything(t.Context(), anyone, "ServiceRequest", "sr", wrong)
		assert.Error(t, err, "%v", wrong)
	}
	_, err = b.Everything(t.Context(), anyone, "ServiceRequest", "none", nil)
	var no *Refusal
	require.ErrorAs(t, err, &no)
	assert.Equal(t, NotFound, no.Kind)
}
