package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/bser"
	"warmhandoff/mapping/sdohcc"
	"warmhandoff/mapping/workflow"
)

// counting counts what its transactions read.
type counting struct {
	store.Store
	reads int
}

func (c *counting) Update(ctx context.Context, f func(store.Tx) error) error {
	return c.Store.Update(ctx, func(tx store.Tx) error { return f(&countingTx{tx, c}) })
}

type countingTx struct {
	store.Tx
	c *counting
}

func (t *countingTx) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	t.c.reads++
	return t.Tx.LinkedTo(ctx, to...)
}

func (t *countingTx) LinkedLast(ctx context.Context, to string, limit int) ([]store.Linked, error) {
	t.c.reads++
	return t.Tx.LinkedLast(ctx, to, limit)
}

func (t *countingTx) Links(ctx context.Context, from store.Key) ([]store.Link, error) {
	t.c.reads++
	return t.Tx.Links(ctx, from)
}

func (t *countingTx) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	t.c.reads++
	return t.Tx.Newest(ctx, k)
}

func (t *countingTx) Numbered(ctx context.Context, k store.Key, n int) (store.Version, error) {
	t.c.reads++
	return t.Tx.Numbered(ctx, k, n)
}

func (t *countingTx) Versions(ctx context.Context, k store.Key, from, most int) ([]store.Version, error) {
	t.c.reads++
	return t.Tx.Versions(ctx, k, from, most)
}

// referrals is an engine with guides and agreements, on a store that counts.
func referrals(t *testing.T, agreed map[string]mapping.Partner) (*fixture, *counting) {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	c := &counting{Store: s}
	f := startOn(t, c)
	set := f.set
	set.Rules = workflow.DefaultRules(time.UTC)
	set.Guide = mapping.Settings{Partners: agreed, Guides: []mapping.Guide{sdohcc.Guide, bser.Guide}}
	f.Engine = New(c, set)
	return f, c
}

func (f *fixture) by(role workflow.Role, party string, changes ...Change) error {
	f.t.Helper()
	f.step(time.Minute)
	_, err := f.Apply(context.Background(), Principal{Role: role, Party: party}, changes)
	return err
}

func (f *fixture) answer(task string) workflow.Handoff {
	f.t.Helper()
	var h workflow.Handoff
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) error {
		row, err := r.Handoff(context.Background(), task)
		if err != nil {
			return err
		}
		var d doc
		err = json.Unmarshal(row.Doc, &d)
		h = d.Handoff
		return err
	}))
	return h
}

func legOf(n, patient, code, authored string) (request, task string) {
	return fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"sr%s","status":"active","intent":"order","code":{"text":%q},"subject":{"reference":"Patient/%s"},"requester":{"reference":"Organization/ref"},"authoredOn":%q}`, n, code, patient, authored),
		taskOf(n, "requested", fmt.Sprintf(`,"for":{"reference":"Patient/%s"}`, patient))
}

func taskOf(n, status, more string) string {
	return fmt.Sprintf(`{"resourceType":"Task","id":"t%s","status":%q,"intent":"order","focus":{"reference":"ServiceRequest/sr%s"},"owner":{"reference":"Organization/harbor"}%s}`, n, status, n, more)
}

func (f *fixture) referTo(n, patient, code, authored string) {
	f.t.Helper()
	request, task := legOf(n, patient, code, authored)
	require.NoError(f.t, f.by(workflow.Referrer, "Organization/ref", bundle(f.put(request), f.put(task))...))
}

func TestReferralsThatMayBeTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		patient, code, authored string
		same                    bool
	}{
		{"the same person, service and agency, days apart", "p", "Counseling", "2026-03-07", true},
		{"the words spaced and written otherwise", "p", " counseling ", "2026-03-07", true},
		{"three weeks later", "p", "Counseling", "2026-03-24", false},
		{"another service", "p", "Food", "2026-03-07", false},
		{"another person", "q", "Counseling", "2026-03-07", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, _ := referrals(t, nil)
			f.referTo("1", "p", "Counseling", "2026-03-02")
			f.referTo("2", c.patient, c.code, c.authored)
			for _, task := range []string{"t1", "t2"} {
				assert.Equal(t, c.same, len(f.answer(task).Suggest) == 1, "%s: %v", task, f.answer(task).Suggest)
			}
			if !c.same {
				return
			}
			assert.Equal(t, []string{workflow.SuggestDuplicate}, f.answer("t1").Suggest)
			before := rowsOf(t, f)
			require.NoError(t, f.Reproject(t.Context(), nil))
			assert.Equal(t, before, rowsOf(t, f), "the read model made again says the same")
			require.NoError(t, f.by(workflow.Referrer, "Organization/ref", f.put(taskOf("2", "entered-in-error", ""))))
			assert.Empty(t, f.answer("t1").Suggest, "one of them never was")
			assert.True(t, f.answer("t2").Void)
		})
	}
}

// TestARequestForSomethingElseIsLikeItsFellowNoMore changes what one of two referrals alike asks for, or when. For whom does not change.
func TestARequestForSomethingElseIsLikeItsFellowNoMore(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string][3]string{
		"another service": {"p", "Food", "2026-03-07"}, "weeks later": {"p", "Counseling", "2026-03-24"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := referrals(t, nil)
			f.referTo("1", "p", "Counseling", "2026-03-02")
			f.referTo("2", "p", "Counseling", "2026-03-07")
			require.NotEmpty(t, f.answer("t1").Suggest)
			f.referTo("2", changed[0], changed[1], changed[2])
			assert.Empty(t, f.answer("t1").Suggest)
			f.referTo("2", "p", "Counseling", "2026-03-07")
			assert.NotEmpty(t, f.answer("t1").Suggest, "and back")
		})
	}
}

func rowsOf(t *testing.T, f *fixture) string {
	t.Helper()
	all, err := json.Marshal([]workflow.Handoff{f.answer("t1"), f.answer("t2")})
	require.NoError(t, err)
	return string(all)
}

// TestLookingForTheSameReferralCostsNothing counts what a write reads where a person has one referral, and where they have another for the same.
func TestLookingForTheSameReferralCostsNothing(t *testing.T) {
	t.Parallel()
	cost := func(code string) int {
		f, c := referrals(t, nil)
		f.referTo("1", "p", "Counseling", "2026-03-02")
		if code != "" {
			f.referTo("2", "p", code, "2026-03-03")
		}
		before := c.reads
		require.NoError(t, f.by(workflow.Agency, "Organization/harbor", f.put(taskOf("1", "accepted", `,"for":{"reference":"Patient/p"}`))))
		return c.reads - before
	}
	alone := cost("")
	assert.Equal(t, alone, cost("Food"), "another need of the same person is not read")
	assert.Greater(t, cost("Counseling"), alone, "the same need is: it says the same of both")
	t.Logf("reads of one Task update: %d alone, %d with another referral for the same", alone, cost("Counseling"))
}

func TestAnAgencyThatConfirmsCancellations(t *testing.T) {
	t.Parallel()
	asks := fmt.Sprintf(`,"businessStatus":{"coding":[{"system":%q,"code":"5.2"}]}`, bser.System)
	abort := `{"resourceType":"Task","id":"a1","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"abort"}]},"focus":{"reference":"Task/t1"}}`
	for _, c := range []struct {
		name string
		way  workflow.Cancelling
		ask  string
		says string
	}{
		{"by a businessStatus", workflow.CancelByAsk, taskOf("1", "in-progress", asks), "5.2"},
		{"by an abort Task", workflow.CancelByAbort, abort, "task-code#abort"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, _ := referrals(t, map[string]mapping.Partner{"Organization/harbor": {Cancel: c.way, Treatment: true}})
			f.referTo("1", "p", "Counseling", "2026-03-02")
			require.NoError(t, f.by(workflow.Agency, "Organization/harbor", f.put(taskOf("1", "in-progress", ""))))
			var no *Refusal
			require.ErrorAs(t, f.by(workflow.Referrer, "Organization/ref", f.put(taskOf("1", "cancelled", ""))), &no)
			assert.Contains(t, no.Error(), c.says)
			require.NoError(t, f.by(workflow.Referrer, "Organization/ref", f.put(c.ask)))
			h := f.answer("t1")
			assert.True(t, h.CancelAsked)
			assert.Equal(t, workflow.Accepted, h.State)
			require.NoError(t, f.by(workflow.Agency, "Organization/harbor", f.put(taskOf("1", "cancelled", ""))))
			h = f.answer("t1")
			assert.Equal(t, workflow.ReferrerWithdrew, h.Reason, "the agency cancelled for the referrer")
			assert.False(t, h.CancelAsked)
		})
	}
}

// TestASignatureMayComeWithTheEnd closes a leg in one transaction with the second person's signature, whoever that is.
func TestASignatureMayComeWithTheEnd(t *testing.T) {
	t.Parallel()
	f, _ := referrals(t, map[string]mapping.Partner{"Organization/harbor": {Treatment: true}})
	f.referTo("1", "p", "Counseling", "2026-03-02")
	require.NoError(t, f.by(workflow.Agency, "Organization/harbor", f.put(taskOf("1", "accepted", ""))))
	require.NoError(t, f.by(workflow.Admin, "Organization/ref", f.put(`{"resourceType":"PractitionerRole","id":"nav-role","practitioner":{"reference":"Practitioner/nav"},"organization":{"reference":"Organization/ref"}}`)))
	for i, medium := range []string{"PHONE", "SMSWRIT", "FACE"} {
		f.step(24 * time.Hour)
		require.NoError(t, f.by(workflow.Navigator, "Practitioner/nav", f.put(fmt.Sprintf(`{"resourceType":"Communication","id":"k%d","status":"not-done","basedOn":[{"reference":"ServiceRequest/sr1"}],
			"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"outreach"}]}],"medium":[{"coding":[{"code":%q}]}],"recipient":[{"reference":"Patient/p"}],"sent":%q}`, i, medium, f.time().Format(time.RFC3339)))))
	}
	f.step(15 * 24 * time.Hour)
	end := taskOf("1", "failed", `,"statusReason":{"coding":[{"system":"urn:warmhandoff:close-reason","code":"person-unreachable"}]}`)
	sign := func(who string) Change {
		return f.put(fmt.Sprintf(`{"resourceType":"Provenance","id":"v1","target":[{"reference":"Task/t1"}],"recorded":"2026-03-20T10:00:00Z","agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"verifier"}]},"who":{"reference":%q}}]}`, who))
	}
	var no *Refusal
	require.ErrorAs(t, f.by(workflow.Navigator, "Practitioner/nav", bundle(f.put(end), sign("PractitionerRole/nav-role"))...), &no, "herself, in another part")
	assert.Equal(t, fhir.CodeBusinessRule, no.Issues[0].Code)
	assert.Contains(t, no.Error(), "second person")
	assert.Zero(t, f.count("Provenance")-own(t, f), "the whole transaction is undone")
	require.NoError(t, f.by(workflow.Navigator, "Practitioner/nav", bundle(f.put(end), sign("Practitioner/sup"))...))
	assert.Equal(t, workflow.PersonUnreachable, f.answer("t1").Reason)
}

// own counts the Provenances that we wrote ourselves.
func own(t *testing.T, f *fixture) int {
	t.Helper()
	n := 0
	require.NoError(t, f.store.View(t.Context(), func(r store.Reader) error {
		return r.EachKey(t.Context(), "Provenance", func(v store.Version) error {
			if v.Author.Own {
				n++
			}
			return nil
		})
	}))
	return n
}

func TestWhoMustNotBeContactedByATaskOfTheirOwn(t *testing.T) {
	t.Parallel()
	f, _ := referrals(t, nil)
	f.referTo("1", "p", "Counseling", "2026-03-02")
	const flag = "The person must not be contacted directly: no reminder, no message, only the agreed way."
	assert.NotContains(t, f.answer("t1").Flags, flag)
	require.NoError(t, f.by(workflow.Referrer, "Organization/ref", f.put(fmt.Sprintf(
		`{"resourceType":"Task","id":"safe","status":"requested","intent":"order","code":{"coding":[{"system":%q,"code":"contacting-subject-prohibited"}]},"for":{"reference":"Patient/p"}}`, sdohcc.System))))
	assert.Contains(t, f.answer("t1").Flags, flag)
}
