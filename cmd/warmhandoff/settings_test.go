package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/server"
	"warmhandoff/mapping/workflow"
)

// TestSettingsThatAreWrong says of each wrong value in one sentence what, where, and what would be right: as a flag, in the environment and in a file.
func TestSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	foreign := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(foreign, []byte(strings.Repeat("a text that somebody wrote ", 9)), 0o600))
	for _, row := range []struct{ name, value, says string }{
		{"base-url", "fhir.example.org/fhir", "does not begin with http:// or https://: write it as https://fhir.example.org/fhir."},
		{"base-url", "/fhir", "does not begin with http://"},
		{"base-url", "//fhir.example.org/fhir", "does not begin with http://"},
		{"base-url", "ftp://fhir.example.org/fhir", "does not begin with http://"},
		{"base-url", "localhost:8080", "does not begin with http://"},
		{"base-url", "https:///fhir", "names no host: write it as"},
		{"base-url", "https:fhir.example.org", "names no host: write it as"},
		{"base-url", "http://:8080/fhir", "names no host: write it as"},
		{"base-url", "http://[::]:8080/fhir", "names no host that a client can ask"},
		{"base-url", "http://0.0.0.0:8080/fhir", "names no host that a client can ask"},
		{"base-url", "https://a:b@fhir.example.org/fhir", "holds more than host and path"},
		{"base-url", "https://fhir.example.org/fhir?x=1", "holds more than host and path"},
		{"base-url", "https://fhir.example.org/fhir#x", "holds more than host and path"},
		{"base-url", "https://fhir.example.org/:type", "has a path that is none of letters"},
		{"base-url", "https://fhir.example.org/a//b", "has a path that is none of letters"},
		{"base-url", "https://fhir.example.org:port/fhir", "is no address"},
		{"partner", "harbor=treatment", `"harbor" is no reference: write Organization/harbor.`},
		{"partner", "organization/harbor=treatment", `"organization/harbor" is no reference: write Organization/harbor.`},
		{"partner", "Organisation/harbor=treatment", `is no reference: write it as Organization/harbor`},
		{"partner", "Organization/harbor/=treatment", `is no reference: write it as`},
		{"partner", "Organization/har bor=treatment", `is no reference: write it as`},
		{"partner", "Task/t1=treatment", `is no party`},
		{"partner", "Organization/harbor/_history/2=treatment", `is more than the reference of a party: write Organization/harbor.`},
		{"partner", "Organization/harbor#x=treatment", `is more than the reference of a party: write Organization/harbor.`},
		{"partner", "#x=treatment", "is no reference"},
		{"partner", "123|=treatment", "is no reference"},
		{"partner", "Organization/harbor=friend", `"friend" is not treatment`},
		{"site", "harbor=America/New_York", `"harbor" is no reference: write Organization/harbor.`},
		{"site", "Organization/harbor=Mars", `"Mars" is no zone`},
		{"self", "hub", `"hub" is no reference: write Organization/hub.`},
		{"self", "ORGANIZATION/hub", `write Organization/hub.`},
		{"self", "Observation/1", `is no party`},
		{"zone", "Mars/Base", `"Mars/Base" is not known: give one such as`},
		{"hours", "9-17", "are no business hours: give when"},
		{"holiday", "25.12.2026", "is no day: give one such as"},
		{"deadlines", "T99.routine=5d", "T99"},
		{"trusted-proxy", "proxy.example.org", "is no address and no range of addresses: write 10.0.0.7"},
		{"trusted-proxy", "10.0.0.0/33", "is no address and no range of addresses"},
		{"trusted-proxy", "0.0.0.0/0", "is every address there is"},
		{"trusted-proxy", "::/0", "is every address there is"},
		{"cors-origin", "*", "name each app, as in https://app.example.org."},
		{"cors-origin", "https://*.example.org", "is no origin"},
		{"cors-origin", "app.example.org", "is no origin"},
		{"cors-origin", "https://app.example.org/", "is no origin"},
		{"cors-origin", "null", "is no origin"},
		{"allowed-host", "http://handoff.example.org", `is no host: write a name, and a port where only that one is meant, as in handoff.example.org`},
		{"allowed-host", "*.example.org", "is no host"},
		{"allowed-host", "0.0.0.0", "is no host"},
		{"allowed-host", "handoff.example.org/fhir", "is no host"},
		{"body-limit", "much", `"much" is no size: write 5MiB`},
		{"body-limit", "1kB", "is not between 64KiB and 256MiB"},
		{"body-limit", "1GiB", "is not between 64KiB and 256MiB"},
		{"body-limit", "NaN", "is no size"},
		{"search-steps", "10", `"10" is not between 10000 and 10000000: write 100000.`},
		{"write-limit", "1ms", "is too short or too long: give one from 100ms to 30s."},
		{"write-limit", "5m", "is too short or too long"},
		{"addr", "8080", "is not host:port: write 127.0.0.1:8080."},
		{"addr", "127.0.0.1:http8", "has an invalid port: write"},
		{"addr", "0.0.0.0:8080", "no authentication yet"},
		{"db", foreign, "is no SQLite database: give another file name."},
		{"db", t.TempDir(), "is a folder: give another file name."},
		{"db", "no/such/folder.db", "is in a folder that does not exist: make no/such first."},
		{"db", "mysql://x", "takes a file name"},
	} {
		t.Run(row.name+" "+row.value, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for at, got := range map[string]ran{
				"--" + row.name + " ":                 runIn(t, dir, nil, "", "serve", "--"+row.name, row.value),
				variableOf(row.name) + " in the envi": runIn(t, dir, []string{variableOf(row.name) + "=" + row.value}, "", "serve"),
			} {
				assert.Equal(t, 2, got.status)
				assert.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
				assert.Contains(t, got.err, "warmhandoff: "+at)
				assert.Contains(t, got.err, row.says)
				assert.Empty(t, got.out)
			}
			checked := runIn(t, dir, nil, "", "serve", "--check", "--"+row.name, row.value)
			assert.Equal(t, 1, checked.status, checked.err)
			assert.Contains(t, checked.out, "--"+row.name+" ")
			assert.Contains(t, checked.out, row.says)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left, "nothing is made")
		})
	}
}

func variableOf(name string) string {
	return "WARMHANDOFF_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// TestWhatIsWrongWithASettingsFile is said with the file, the name in it, and an example.
func TestWhatIsWrongWithASettingsFile(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`{"adr": "x"}`:                             `"adr" is not a setting, perhaps "addr" is meant;`,
		`{"baseURL": "x"}`:                         `"baseURL" is not a setting, perhaps "base-url" is meant;`,
		`{"base_url": "x"}`:                        `"base_url" is not a setting, perhaps "base-url" is meant;`,
		`{"insecure-listen": true}`:                `warmhandoff.json: "insecure-listen" counts on the command line alone: start the server with --insecure-listen, and leave this out.`,
		`{"check": true}`:                          `"check" is not a setting; they are named like the flags of serve.`,
		`{"json": true}`:                           `"json" is not a setting;`,
		`{"addr": 8080}`:                           `"addr" must be a text, as in {"addr": "127.0.0.1:8080"}.`,
		`{"zone": ["x"]}`:                          `"zone" must be a text, as in {"zone": "America/Los_Angeles"}.`,
		`{"zone": ""}`:                             `"zone" must be a text`,
		`{"shared": "yes"}`:                        `"shared" must be true or false, as in {"shared": true}.`,
		`{"log-level": "loud"}`:                    `"log-level" must be one of debug, info, warn, error, as in {"log-level": "info"}.`,
		`{"log-level": 1}`:                         `"log-level" must be one of`,
		`{"partner": "Organization/a=treatment"}`:  `"partner" must be an object of texts, as in {"partner": {"Organization/harbor": "treatment"}}.`,
		`{"partner": {"Organization/a": true}}`:    `"partner" must be an object of texts`,
		`{"holiday": "2026-12-25"}`:                `"holiday" must be a list of texts, as in {"holiday": ["2026-12-25"]}.`,
		`{"holiday": [20261225]}`:                  `"holiday" must be a list of texts`,
		`{"partner": {"harbor": "treatment"}}`:     `warmhandoff.json: "partner": "harbor" is no reference: write Organization/harbor.`,
		`{"base-url": "foo"}`:                      `warmhandoff.json: "base-url": "foo" does not begin with`,
		"{\n\n\"addr\": }":                         `is no JSON in line 3: write one JSON object, as in {"zone": "America/Los_Angeles"}.`,
		`{"addr": `:                                `is no JSON in line 1`,
		``:                                         `is no JSON in line 1`,
		`[]`:                                       `is no JSON object: write one JSON object`,
		`{"db": "a", "db": "b"}`:                   `has the name "db" twice (line 1)`,
		"{\"zone\": \"UTC\"}\n{\"zone\": \"UTC\"}": `is no JSON in line 2`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "warmhandoff.json")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			for _, args := range [][]string{{"serve"}, {"serve", "--config", "warmhandoff.json"}} {
				got := runIn(t, dir, nil, "", args...)
				assert.Equal(t, 2, got.status, got.out)
				assert.Contains(t, got.err, says)
				assert.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
			}
			assert.Contains(t, runIn(t, dir, nil, "", "serve").err, file, "it names the file")
			if !strings.Contains(text, "log-level") && !strings.Contains(text, "addr") && !strings.Contains(text, "shared") {
				assert.Equal(t, 2, runIn(t, dir, nil, "", "reproject").status, "no verb goes on with what it would read")
			}
			checked := runIn(t, dir, nil, "", "serve", "--check")
			assert.Equal(t, 1, checked.status, checked.err)
			assert.Contains(t, checked.out, says)
		})
	}
}

func TestCheckSaysAllThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "warmhandoff.json"), []byte(`{"adr": "x", "zone": "Mars", "partner": {"a": "friend"}, "holiday": 3}`), 0o600))
	env := []string{"WARMHANDOFF_SHARED=perhaps", "WARMHANDOFF_LOG_LEVEL=loud", "WARMHANDOFF_BASEURL=x", "WARMHANDOFF_SELF=hub", "WARMHANDOFF_INSECURE_LISTEN=true", "WARMHANDOFF_PORT=tcp://10.0.0.1:80"}
	args := []string{"serve", "--base-url", "foo", "--trusted-proxy", "a", "--trusted-proxy", "b", "--db", "none/x.db"}
	got := runIn(t, dir, env, "", append(args, "--check")...)
	assert.Equal(t, 1, got.status)
	for _, says := range []string{`"adr" is not`, "Mars", `"a" is no reference`, `"friend" is not`, `"holiday" must be`, `WARMHANDOFF_SHARED="perhaps" in the environment must be true or false.`,
		`WARMHANDOFF_LOG_LEVEL="loud" in the environment must be one of`, `WARMHANDOFF_BASEURL in the environment is not a setting, perhaps "base-url" is meant`,
		`WARMHANDOFF_SELF in the environment: "hub"`, "WARMHANDOFF_INSECURE_LISTEN in the environment counts on the command line alone", `--base-url "foo"`, `--trusted-proxy "a"`, `--trusted-proxy "b"`, "--db none/x.db is in a folder"} {
		assert.Contains(t, got.out, says)
	}
	assert.Equal(t, 14, strings.Count(got.out, "\n"), got.out)
	got = runIn(t, dir, env, "", args...)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.err, "; 13 more: serve --check says them all.")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing is made")

	dir = t.TempDir()
	got = runIn(t, dir, nil, "", "serve", "--check", "--base-url", "https://fhir.example.org/fhir/", "--partner", "Organization/harbor=treatment",
		"--partner", "https://other.example.org/fhir/Organization/delta=part2", "--partner", "http://hl7.org/fhir/sid/us-npi|123=mark", "--self", "Organization/hub",
		"--trusted-proxy", "10.0.0.7", "--trusted-proxy", "fd00::/8", "--cors-origin", "http://localhost:3000", "--allowed-host", "handoff.example.org", "--allowed-host", "[2001:db8::1]:8080", "--body-limit", "1.5MiB", "--search-steps", "500000")
	assert.Equal(t, 0, got.status, got.out)
	assert.Contains(t, got.out, "The settings are right: it would serve FHIR R4 at https://fhir.example.org/fhir/, database warmhandoff.db.")
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestEverySettingHasAnExample that is right itself.
func TestEverySettingHasAnExample(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{}, kong.DefaultEnvars("WARMHANDOFF"))
	require.NoError(t, err)
	seen := 0
	for _, verb := range parser.Model.Leaves(false) {
		for _, flag := range verb.Flags {
			if len(flag.Envs) == 0 {
				continue
			}
			seen++
			var value any
			require.NoError(t, json.Unmarshal([]byte(examples[flag.Name]), &value), "an example of %q", flag.Name)
			assert.Empty(t, refused(flag, value), flag.Name)
		}
	}
	assert.GreaterOrEqual(t, seen, len(examples))
	assert.Empty(t, noParty("Organization/hub"))
}

// TestWhateverIsTakenAsABase is one that links and routes can be made of.
func TestWhateverIsTakenAsABase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"http://", "https://", "HTTP://", "//", "ftp://", "", "http:/", "http:"}).Draw(t, "scheme") +
			rapid.SampledFrom([]string{"", "h", "h.example", "[::1]", "[::]", "0.0.0.0", "127.0.0.1", ":", "u@h", "h h"}).Draw(t, "host") +
			rapid.SampledFrom([]string{"", ":8080", ":", ":x", ":99999"}).Draw(t, "port") +
			rapid.OneOf(rapid.StringMatching(`(/[a-z:*$% ]{0,3}){0,3}`), rapid.String()).Draw(t, "path")
		base, words := parseBase(text)
		if words != "" {
			return
		}
		u, err := url.Parse(base)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(base, "/") {
			t.Fatalf("%q is taken as %q", text, base)
		}
		server.New(nil, server.Settings{Base: base, Now: time.Now, NewID: newID}) // must not panic
	})
}

func TestPartiesAreNamedAsTheMappingNamesThem(t *testing.T) {
	t.Parallel()
	const base = "https://fhir.example.org/fhir"
	s := site{Zone: "UTC", Self: base + "/Organization/hub", Partner: map[string]string{base + "/Organization/harbor": "treatment+polled", "https://other.example.org/Organization/x": "mark"},
		times: times{Hours: "09:00-17:00", Site: map[string]string{base + "/Organization/delta": "America/New_York"}}}
	guide, rules, err := s.agreed()
	require.NoError(t, err)
	guide, rules = localGuide(guide, base), localRules(rules, base)
	assert.Equal(t, "Organization/hub", guide.Self)
	assert.True(t, guide.Partners["Organization/harbor"].Treatment)
	assert.True(t, guide.Partners["https://other.example.org/Organization/x"].Mark)
	assert.True(t, rules.Sites["Organization/harbor"].Polled)
	assert.NotNil(t, rules.Sites["Organization/delta"].Zone)
	assert.Nil(t, localRules(workflow.Rules{}, base).Sites)
}

// TestAPartnerMatchesHoweverItIsNamed: whatever is taken as a partner is one that a Task can name as its owner, and what was agreed with it then holds.
func TestAPartnerMatchesHoweverItIsNamed(t *testing.T) {
	t.Parallel()
	const base = "http://localhost:8080/fhir"
	data, err := os.ReadFile(filepath.Join(testdataFolder(t), "bundles", "06-without-consent.json"))
	require.NoError(t, err)
	owners := map[string]string{
		`{"reference": "Organization/harbor"}`:                                             "Organization/harbor",
		`{"reference": "` + base + `/Organization/harbor"}`:                                "Organization/harbor",
		`{"reference": "https://other.example.org/r4/Organization/x"}`:                     "https://other.example.org/r4/Organization/x",
		`{"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567"}}`: "http://hl7.org/fhir/sid/us-npi|1234567",
	}
	for _, partner := range []string{"", "Organization/harbor", base + "/Organization/harbor", "https://other.example.org/r4/Organization/x", "http://hl7.org/fhir/sid/us-npi|1234567"} {
		args := []string{"--db", ":memory:", "--base-url", base}
		if partner != "" {
			args = append(args, "--partner", partner+"=treatment")
		}
		s := serveAt(t, args...)
		for owner, is := range owners {
			body := strings.ReplaceAll(string(data), `"owner": {"reference": "Organization/harbor"}`, `"owner": `+owner)
			body = strings.ReplaceAll(body, "B06", newID()) // another person, and another referral
			require.Contains(t, body, owner)
			answer := s.post(t, "", body)
			require.Contains(t, answer, "200 ", answer)
			state := "preparing"
			if localParty(partner, base) == is {
				state = "offered"
			}
			task := taskIn.FindStringSubmatch(answer)
			require.NotNil(t, task, answer)
			assert.Contains(t, s.get(t, "/"+task[1]+"/$handoff"), `{"name":"state","valueCode":"`+state+`"}`, "partner %q, owner %s", partner, owner)
		}
		assert.Equal(t, 0, s.stop(t))
	}
}

var taskIn = regexp.MustCompile(`"location":"(Task/[^/"]+)/_history`)

// serveAt is serveWith for a server whose base is another address than its own.
func serveAt(t *testing.T, args ...string) *running {
	t.Helper()
	s := serveWith(t, args...)
	s.base = "http://" + listens.FindStringSubmatch(s.err.String())[1] + "/fhir"
	return s
}

var listens = regexp.MustCompile(`msg=ready address=(\S+)`)
