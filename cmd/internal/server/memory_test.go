package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// largePatient is a Patient of a little more than so many bytes.
func largePatient(id string, size int) string {
	return `{"resourceType":"Patient","id":"` + id + `","photo":[{"contentType":"image/png","data":"` + strings.Repeat("QUFB", size/4) + `"}],"identifier":[{"system":"urn:large","value":"` + id + `"}]}`
}

// boundedServer is a realServer with limits, on which there are so many Patients p0, p1 … of a size.
func boundedServer(t testing.TB, limits server.Limits, patients, size int) *server.Server {
	t.Helper()
	s := realServer(t, func(s *server.Settings) { s.Limits = limits })
	for i := range patients {
		id := fmt.Sprintf("p%d", i)
		require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/"+id, largePatient(id, size)).Code)
	}
	return s
}

func nothingTaken(t testing.TB, s *server.Server) {
	t.Helper()
	bodies, working, answers := s.Taken()
	assert.Zero(t, bodies+working+answers, "all is given back: %d of bodies, %d worked on, %d of answers", bodies, working, answers)
}

// TestAPageEndsWhereItHasEnough holds that pages by bytes are pages like any other: all that is found, each once, in its order.
func TestAPageEndsWhereItHasEnough(t *testing.T) {
	t.Parallel()
	const n, size, page = 9, 100 << 10, 350 << 10
	s := boundedServer(t, server.Limits{Page: page, Bundle: 4 * page}, n, size)
	referral := `{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p8"},"supportingInfo":[` +
		strings.TrimSuffix(strings.Repeat(`{"reference":"DocumentReference/d#"},`, 6), ",") + `]}`
	all := []string{"sr", "p8"}
	for i := range 6 {
		id := fmt.Sprint("d", i)
		referral = strings.Replace(referral, "#", fmt.Sprint(i), 1)
		document := `{"resourceType":"DocumentReference","id":"` + id + `","status":"current","subject":{"reference":"Patient/p8"},"content":[{"attachment":{"data":"` + strings.Repeat("QUFB", size/4) + `"}}]}`
		require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/DocumentReference/"+id, document).Code)
		all = append(all, id)
	}
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/ServiceRequest/sr", referral).Code)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Basic/b", `{"resourceType":"Basic","id":"b","code":{"text":"x"}}`).Code)
	newest := []string{"p8", "p7", "p6", "p5", "p4", "p3", "p2", "p1", "p0"}
	oldest := []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"}
	for _, row := range []struct {
		ask  string
		want []string
	}{
		{"/Patient", newest}, {"/Patient?_count=4", newest}, {"/Patient?_sort=_lastUpdated", oldest}, {"/Patient?_sort=_id", oldest}, {"/Patient?_id=p3,p1,p7,p5,p2", []string{"p7", "p5", "p3", "p2", "p1"}},
		{"?_type=Patient,Basic", append([]string{"b"}, newest...)}, {"/ServiceRequest/sr/$everything", all}, {"/Patient/p8/$everything", append(all[1:len(all):len(all)], "sr")}, {"/Patient?identifier:missing=false", newest}, {"/Patient?identifier=urn:large|", newest}, {"/Patient/_history", newest}, {"/_history", append([]string{"b", "sr", "d5", "d4", "d3", "d2", "d1", "d0"}, newest...)},
		{"/Patient?_include=Patient:organization", newest}, {"/Patient?_total=accurate", newest},
	} {
		var got []string
		pages := 0
		for next := row.ask; next != ""; pages++ {
			w := ask(t, s, "GET", next, "")
			b := bundleOf(t, w)
			require.LessOrEqual(t, w.Body.Len(), page+20<<10, row.ask)
			require.NotEmpty(t, b.Entry, row.ask)
			for _, e := range b.Entry {
				got = append(got, e.FullURL[strings.LastIndex(e.FullURL, "/")+1:])
			}
			next = strings.TrimPrefix(b.link("next"), base)
		}
		assert.Equal(t, row.want, got, row.ask)
		assert.GreaterOrEqual(t, pages, len(row.want)/3, row.ask)
		assert.LessOrEqual(t, pages, len(row.want), row.ask)
	}
	w := ask(t, s, "GET", "/Patient?_format=xml", "", "Accept: ")
	assert.Less(t, w.Body.Len(), page/4+size+20<<10, "of what has to be written anew there is less at once")
	assert.Contains(t, w.Body.String(), `<relation value="next"/>`)
	nothingTaken(t, s)
}

// TestWhatIsLargerThanAPageIsAnsweredAlone, so that every page holds something, and one resource is answered whole.
func TestWhatIsLargerThanAPageIsAnsweredAlone(t *testing.T) {
	t.Parallel()
	s := boundedServer(t, server.Limits{Page: 64 << 10, Bundle: 64 << 10}, 3, 200<<10)
	got := 0
	for next := "/Patient"; next != ""; got++ {
		b := bundleOf(t, ask(t, s, "GET", next, ""))
		require.Len(t, b.Entry, 1)
		next = strings.TrimPrefix(b.link("next"), base)
	}
	assert.Equal(t, 3, got)
	for _, format := range []string{"json", "xml"} {
		assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/Patient/p1?_pretty=true&_format="+format, "").Code)
	}
	nothingTaken(t, s)
}

// TestABundleIsAnsweredWithAsMuchAsItMay holds that the answer to a Bundle does not grow with how often it asks, and that nothing written is lost for it.
func TestABundleIsAnsweredWithAsMuchAsItMay(t *testing.T) {
	t.Parallel()
	const size, most = 100 << 10, 350 << 10
	s := boundedServer(t, server.Limits{Page: most, Bundle: most}, 6, size)
	asks := map[string]string{
		"a read":    entry("GET", "Patient/p1", ""),
		"a version": entry("GET", "Patient/p1/_history/1", ""),
		"a page":    entry("GET", "Patient?_count=1000", ""),
		"a history": entry("GET", "Patient/p1/_history", ""),
		"a record":  entry("GET", "Patient/p1/$everything", ""),
		"a head":    entry("HEAD", "Patient/p1", "") + "," + entry("GET", "Patient/p2", ""),
	}
	for what, one := range asks {
		w := ask(t, s, "POST", "", bundleWith("batch", strings.TrimSuffix(strings.Repeat(one+",", 30), ",")))
		b := bundleOf(t, w)
		assert.Less(t, w.Body.Len(), most+size+40<<10, what)
		said := 0
		for _, e := range b.Entry {
			if e.Response.Status != "400 Bad Request" {
				require.Equal(t, "200 OK", e.Response.Status, what)
				assert.Zero(t, said, "whatever comes behind is refused, too")
				continue
			}
			said++
			one := outcome(t, e.Response.Outcome)[0]
			assert.Equal(t, "too-costly", one.Code)
			assert.Contains(t, one.Details.Text, "on its own")
			assert.Contains(t, one.Details.Text, "358400 bytes")
		}
		assert.Greater(t, said, 10, what)
		nothingTaken(t, s)
	}

	w := ask(t, s, "POST", "", transact(strings.TrimSuffix(strings.Repeat(entry("GET", "Patient/p1", "")+",", 30), ","), entry("POST", "Task", task)))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, "too-costly", issuesOf(t, w)[0].Code)
	assert.Empty(t, bundleOf(t, ask(t, s, "GET", "/Task", "")).Entry, "and nothing was written")

	found := entry("POST", "Patient", `{"resourceType":"Patient"}`, `"ifNoneExist":"identifier=urn:large|p1"`)
	for _, kind := range []string{"batch", "transaction"} {
		w := ask(t, s, "POST", "", bundleWith(kind, strings.TrimSuffix(strings.Repeat(found+",", 20), ","), entry("POST", "Task", task)))
		b := bundleOf(t, w)
		assert.Less(t, w.Body.Len(), most+size+40<<10, kind)
		require.Len(t, b.Entry, 21)
		for i, e := range b.Entry {
			assert.NotEmpty(t, e.Response.Location, kind)
			if i < 3 {
				assert.NotEmpty(t, e.Resource)
			}
		}
		assert.Empty(t, b.Entry[20].Resource)
		assert.Equal(t, "201 Created", b.Entry[20].Response.Status, "what there is no room for is written all the same")
		assert.Contains(t, string(b.Entry[20].Response.Outcome), "is not shown")
	}
	nothingTaken(t, s)
}

// TestWhatIsIncludedHasAsMuchRoomAsThePage and says so where that was too little.
func TestWhatIsIncludedHasAsMuchRoomAsThePage(t *testing.T) {
	t.Parallel()
	s := boundedServer(t, server.Limits{Page: 500 << 10}, 8, 100<<10)
	for i := range 8 {
		id := fmt.Sprint("t", i)
		for typ, of := range map[string]string{"Task": "Patient/" + fmt.Sprint("p", i), "Flag": "Patient/" + fmt.Sprint("p", i) + "/_history/1"} {
			more := map[string]string{"Task": `"status":"requested","intent":"order","for"`, "Flag": `"status":"active","code":{"text":"x"},"subject"`}[typ]
			require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/"+typ+"/"+id, `{"resourceType":"`+typ+`","id":"`+id+`",`+more+`:{"reference":"`+of+`"}}`).Code)
		}
		require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Media/"+id, `{"resourceType":"Media","id":"`+id+`","status":"completed","subject":{"reference":"Patient/`+fmt.Sprint("p", i)+
			`"},"content":{"data":"`+strings.Repeat("QUFB", 25<<10)+`"}}`).Code)
	}
	for _, query := range []string{"/Task?_include=Task:patient", "/Flag?_include=Flag:subject", "/Task?_include=*", "/Patient?_revinclude=Media:subject&_count=100"} {
		w := ask(t, s, "GET", query, "")
		b := bundleOf(t, w)
		assert.Less(t, w.Body.Len(), 720<<10, query)
		last := b.Entry[len(b.Entry)-1]
		if strings.HasPrefix(query, "/Patient") {
			assert.Len(t, b.Entry, 4, "a page takes half of the room, so that what belongs to it is there, too")
			assert.Equal(t, "include", last.Search.Mode, query)
			continue
		}
		require.Equal(t, "outcome", last.Search.Mode, query)
		assert.Contains(t, string(last.Resource), "smaller _count")
	}
	w := ask(t, s, "GET", "/Task?_include=Task:patient&_count=2", "")
	assert.Len(t, bundleOf(t, w).Entry, 4, "with a smaller _count all are there")
	nothingTaken(t, s)
}

// TestAnAddressInABundleIsNoLongerThanOneOfItsOwn.
func TestAnAddressInABundleIsNoLongerThanOneOfItsOwn(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("GET", "Task?_elements="+strings.Repeat("a,", 20_000), ""), entry("GET", "Task/t1", ""))))
	assert.Equal(t, "414 Request URI Too Long", b.Entry[0].Response.Status)
	assert.Equal(t, "200 OK", b.Entry[1].Response.Status)
}

// roomy is a fake that reads within the room that its caller has, as the store does.
type roomy struct{ *fake }

func (r roomy) Read(ctx context.Context, p engine.Principal, typ, id string) (store.Version, error) {
	v, err := r.fake.Read(ctx, p, typ, id)
	if err == nil {
		err = store.Take(ctx, len(v.Body))
	}
	return v, err
}

func stockedWith(t testing.TB, size int) roomy {
	t.Helper()
	f := newFake()
	_, err := f.apply(&engine.Change{Method: engine.Update, Type: "Patient", ID: "p1", Resource: good(t, largePatient("p1", size))})
	require.NoError(t, err)
	return roomy{f}
}

// slow is somebody who takes an answer when told to.
type slow struct {
	*httptest.ResponseRecorder
	taking, take chan bool
}

func newSlow() slow { return slow{httptest.NewRecorder(), make(chan bool), make(chan bool)} }

func (s slow) Write(p []byte) (int, error) {
	s.taking <- true
	if <-s.take {
		return s.ResponseRecorder.Write(p)
	}
	return 0, net.ErrClosed
}

// TestAnswersAreHeldUntilTheyAreTaken holds that what nobody takes counts as long as it is there, that this keeps out only what is large, and that it is given
// back bit by bit, or when the other side hangs up.
func TestAnswersAreHeldUntilTheyAreTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, stockedWith(t, 150<<10), func(s *server.Settings) {
			s.Limits = server.Limits{Answers: 768 << 10, Body: 128 << 10, Page: 256 << 10, Patience: time.Second}
		})
		get := func(w http.ResponseWriter, who string) {
			r := httptest.NewRequest("GET", "/fhir/Patient/p1", nil)
			r.Host = "localhost"
			r.Header.Set("X-Dev-Principal", "org=Organization/"+who)
			s.ServeHTTP(w, r)
		}
		answers := func() int64 { _, _, n := s.Taken(); return n }
		first, second := newSlow(), newSlow()
		var both sync.WaitGroup
		for _, w := range []slow{first, second} {
			both.Go(func() { get(w, "slow") })
			<-w.taking
		}
		assert.Equal(t, int64(2*192<<10), answers())

		w := httptest.NewRecorder()
		began := time.Now() // the bubble's clock
		get(w, "slow")
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, "who takes nothing gets no more")
		assert.Equal(t, "throttled", issuesOf(t, w)[0].Code)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
		assert.Equal(t, time.Second, time.Since(began), "and waited for its turn")
		w = httptest.NewRecorder()
		get(w, "other")
		assert.Equal(t, http.StatusOK, w.Code, "and others get theirs")
		assert.Equal(t, int64(2*192<<10), answers())

		waited := httptest.NewRecorder()
		both.Go(func() { get(waited, "slow") })
		synctest.Wait()
		first.take <- false // hangs up
		synctest.Wait()
		assert.Equal(t, http.StatusOK, waited.Code, "and whoever waited has it")
		assert.Equal(t, int64(192<<10), answers())
		go func() {
			for range second.taking {
				second.take <- true
			}
		}()
		second.take <- true
		both.Wait()
		close(second.taking)
		assert.Greater(t, second.Body.Len(), 150<<10)
		nothingTaken(t, s)
	})
}

// TestAnAnswerIsGivenBackAsItIsTaken holds that of an answer in pieces no more is held than is still to be taken.
func TestAnAnswerIsGivenBackAsItIsTaken(t *testing.T) {
	t.Parallel()
	s := boundedServer(t, server.Limits{}, 5, 100<<10)
	w := newSlow()
	var end sync.WaitGroup
	end.Go(func() {
		r := httptest.NewRequest("GET", "/fhir/Patient", nil)
		r.Host = "localhost"
		s.ServeHTTP(w, r)
		close(w.taking)
	})
	left := int64(1 << 20)
	var steps []int64
	for range w.taking {
		_, _, n := s.Taken()
		require.LessOrEqual(t, n, left)
		if n < left {
			left, steps = n, append(steps, n)
		}
		w.take <- true
	}
	end.Wait()
	assert.Equal(t, []int64{512 << 10, 448 << 10, 320 << 10, 256 << 10, 128 << 10, 0}, steps)
	bundleOf(t, w.ResponseRecorder)
}

// pipes is a listener whose connections are in memory, so that a bubble's clock rules them.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

// TestWhoStopsIsLetGo holds that a caller who stops in the middle of something large, sending or taking, has nothing of ours after a few seconds; and that one
// who goes on slowly is let be.
func TestWhoStopsIsLetGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, stockedWith(t, 1<<20))
		web, at := s.HTTPServer(""), pipes{make(chan net.Conn)}
		go func() { _ = web.Serve(at) }()
		connect := func() net.Conn {
			ours, theirs := net.Pipe()
			at.conns <- theirs
			return ours
		}
		taken := func() int64 { bodies, _, answers := s.Taken(); return bodies + answers }

		sender := connect()
		_, err := fmt.Fprintf(sender, "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n%s", strings.Repeat(" ", 100<<10))
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, int64(128<<10), taken(), "twice what came, and no more, is taken")
		for range 10 {
			time.Sleep(2 * time.Second) // the bubble's clock
			_, err = sender.Write([]byte(strings.Repeat(" ", 20<<10)))
			require.NoError(t, err, "who goes on is let be")
		}
		synctest.Wait()
		assert.Equal(t, int64(512<<10), taken())
		began := time.Now()
		answer, _ := io.ReadAll(sender)
		assert.Contains(t, string(answer), "408 Request Timeout")
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.Zero(t, taken())

		taker := connect()
		_, err = fmt.Fprint(taker, "GET /fhir/Patient/p1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		for range 10 {
			_, err = io.CopyN(io.Discard, taker, 64<<10)
			require.NoError(t, err, "who goes on is let be")
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		assert.NotZero(t, taken())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Zero(t, taken())
		rest, _ := io.ReadAll(taker)
		assert.Less(t, len(rest), 1<<20)
		close(at.conns)
		_ = web.Close()
	})
}

// silent is a body that was announced and does not come.
type silent struct{ asked, end chan bool }

func (s silent) Read([]byte) (int, error) {
	s.asked <- true
	<-s.end
	return 0, io.ErrUnexpectedEOF
}

// TestWhatIsAnnouncedTakesNothing holds that bodies take memory as they come, so that nobody locks others out by announcing them.
func TestWhatIsAnnouncedTakesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake())
	var all sync.WaitGroup
	end := make(chan bool)
	for range 40 {
		r := httptest.NewRequest("POST", "/fhir/Task", nil)
		body := silent{make(chan bool), end}
		r.Host, r.ContentLength, r.Body = "localhost", 5<<20, io.NopCloser(body)
		all.Go(func() { s.ServeHTTP(httptest.NewRecorder(), r) })
		<-body.asked
	}
	nothingTaken(t, s)
	large := `{"resourceType":"Task","status":"requested","intent":"order","description":"` + strings.Repeat("x", 900<<10) + `"}`
	assert.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Task", large).Code)
	close(end)
	all.Wait()
	nothingTaken(t, s)
}

// TestLargeBodiesAreWorkedOnByTurns, whoever sent them, and small ones go by.
func TestLargeBodiesAreWorkedOnByTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newFake()
		var mu sync.Mutex
		inside, open := 0, make(chan bool)
		s := serve(t, e, func(s *server.Settings) { s.Limits.Working, s.Limits.Body = 500<<10, 220<<10 })
		post := func(who string, size int, codes chan int) {
			r := httptest.NewRequest("POST", "/fhir/Task", strings.NewReader(`{"resourceType":"Task","status":"requested","intent":"order","description":"`+strings.Repeat("x", size)+`"}`))
			r.Host = "localhost"
			r.Header.Set("X-Dev-Principal", "org=Organization/"+who)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			codes <- w.Code
		}
		e.before = func() {
			mu.Lock()
			inside++
			mu.Unlock()
			<-open
		}
		codes := make(chan int, 10)
		for _, who := range []string{"a", "a", "a", "b", "b", "c"} {
			go post(who, 200<<10, codes)
			synctest.Wait()
		}
		assert.Equal(t, 2, inside, "one of each, while there is room")
		_, working, _ := s.Taken()
		assert.LessOrEqual(t, working, int64(500<<10))
		go post("a", 1<<10, codes)
		synctest.Wait()
		assert.Equal(t, 3, inside, "a small one goes by")
		close(open)
		for range 7 {
			assert.Equal(t, http.StatusCreated, <-codes)
		}
		nothingTaken(t, s)
	})
}

// TestWhatIsNotCopiedIsTheSame holds the answers that are made around large resources against those that are copied, in each form.
func TestWhatIsNotCopiedIsTheSame(t *testing.T) {
	t.Parallel()
	for _, size := range []int{400, 10 << 10, 15 << 10, 16 << 10, 17 << 10, 60 << 10, 100 << 10} {
		s := boundedServer(t, server.Limits{}, 3, size)
		want := map[string]json.RawMessage{}
		for i := range 3 {
			id := fmt.Sprint("p", i)
			want[base+"/Patient/"+id] = ask(t, s, "GET", "/Patient/"+id, "").Body.Bytes()
		}
		for _, query := range []string{"/Patient", "/Patient/_history", "/Patient?_pretty=true"} {
			for _, headers := range [][]string{nil, {"Accept-Encoding: gzip"}} {
				w := ask(t, s, "GET", query, "", headers...)
				if n := w.Header().Get("Content-Length"); n != "" {
					assert.Equal(t, n, fmt.Sprint(w.Body.Len()))
				}
				var b bundle
				data := text(t, w)
				require.NoError(t, json.Unmarshal([]byte(data), &b), query)
				require.Len(t, b.Entry, 3)
				for _, e := range b.Entry {
					assert.JSONEq(t, string(want[e.FullURL]), string(e.Resource))
				}
				_, bad := fhir.Read([]byte(data))
				assert.Empty(t, bad)
			}
		}
		b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("GET", "Patient", ""), entry("GET", "Patient/p1", ""))))
		var inner bundle
		require.NoError(t, json.Unmarshal(b.Entry[0].Resource, &inner))
		assert.Len(t, inner.Entry, 3)
		assert.JSONEq(t, string(want[base+"/Patient/p1"]), string(b.Entry[1].Resource))
		head := ask(t, s, "HEAD", "/Patient/p1", "")
		assert.Equal(t, fmt.Sprint(len(want[base+"/Patient/p1"])), head.Header().Get("Content-Length"))
		assert.Zero(t, head.Body.Len())
	}
}

// TestASearchAsAFormIsNoLongerThanASearch holds that what comes in a form of megabytes is answered in a few words.
func TestASearchAsAFormIsNoLongerThanASearch(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	for _, form := range []string{"_elements=" + strings.Repeat("a,", 1_000_000), "_sort=" + strings.Repeat("a,", 1_000_000), "_sort=" + strings.Repeat("_id,", 500_000), "_format=" + strings.Repeat("x", 2<<20),
		strings.Repeat("a=1&", 500), "code=" + url.QueryEscape(strings.Repeat("x,", 500_000)), strings.Repeat("_include=Task:focus&", 5_000), "_type=" + strings.Repeat("Task,", 200_000)} {
		w := ask(t, s, "POST", "/Task/_search", form, "Content-Type: application/x-www-form-urlencoded")
		assert.Less(t, w.Body.Len(), 100<<10, "%.20s", form)
		assert.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, w.Code, "%.20s", form)
	}
	w := ask(t, s, "POST", "/Patient/p1/$everything", `{"resourceType":"Parameters","parameter":[`+strings.TrimSuffix(strings.Repeat(`{"name":"_type","valueCode":"Task"},`, 5_000), ",")+`]}`)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, "too-costly", issuesOf(t, w)[0].Code)
}
