package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/apikey"
	"accord/openapi"
	"accord/repository"
)

// apiKey is a key of somebody's for some actions, and the program that has it.
func (w *world) apiKey(of *client, actions ...domain.Action) (path string, program *client) {
	w.Helper()
	raw, hash := apikey.New()
	k, err := domain.NewAPIKey(of.actor, domain.APIKeyDraft{Name: "A program", Actions: actions, ExpiresAt: w.clock.Now().Add(domain.APIKeyLife)}, hash, w.clock.Now())
	must(w, err)
	must(w, w.store.As(of.actor).APIKeys.Create(w.Context(), domain.CreateAPIKey, k))
	return "/v1/api-keys/" + string(k.ID), w.program(of, raw, k)
}

func (w *world) program(of *client, raw string, k *domain.APIKey) *client {
	return &client{w: w, actor: of.actor.Through(&domain.Delegation{Key: k.ID, Actions: k.Actions}), key: raw}
}

// delegable is all that somebody can give a key.
func (w *world) delegable(of *client) []domain.Action {
	all := domain.Actions()
	as := of.actor.Through(&domain.Delegation{Actions: all})
	return slices.DeleteFunc(all, func(act domain.Action) bool { return !as.May(act) })
}

// draft is a key that a caller asks for.
func (w *world) keyDraft(actions ...string) map[string]any {
	return map[string]any{"name": "A program", "actions": actions, "expires_at": w.clock.Now().Add(24 * time.Hour)}
}

// ownKey is a key of by's, or of somebody's in by's organization, if by can have
// any.
func (w *world) ownKey(by *client) string {
	w.Helper()
	of := by
	if !of.actor.Delegates() {
		of = w.as(domain.Staff)
	}
	path, _ := w.apiKey(of, domain.ReadReference)
	return path
}

func init() {
	walk["listAPIKeys"] = func(w *world, by *client) call { w.ownKey(by); return call{path: "/v1/api-keys"} }
	walk["createAPIKey"] = func(*world, *client) call { return call{path: "/v1/api-keys"} }
	for op, rest := range map[string]string{"getAPIKey": "", "rotateAPIKey": "/rotate", "revokeAPIKey": "/revoke"} {
		walk[op] = func(w *world, by *client) call { return call{path: w.ownKey(by) + rest} }
	}
	secrets = append(secrets, secret{
		name: "an API key",
		story: func(w *world) map[string]*client {
			w.as(domain.Staff)
			return map[string]*client{
				"another officer": w.another(domain.Staff, "", ""), "a custodian": w.as(domain.Custodian), "an advisor": w.speaker(w.advisor()),
				"a partner's admin": w.member(domain.PartnerAdmin, w.approvedOrganization().ID), "anyone": w.anyone(),
			}
		},
		happens: func(w *world) {
			path, program := w.apiKey(w.as(domain.Staff), domain.ReadReference)
			program.get("/v1/countries").want(200)
			w.as(domain.Staff).post(path+"/revoke", nil).want(200)
		},
	})
}

// TestAKeyIsRefusedWhatItDoesNotName sends a key that names another thing to every
// operation of the contract, on a record that is there, and on none.
func TestAKeyIsRefusedWhatItDoesNotName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		_, program := w.apiKey(staff, domain.ReadReference)
		_, other := w.apiKey(staff, domain.ReadRegister)
		there := string(w.approvedOrganization().ID)
		for _, op := range openapi.Operations {
			by := program
			if op.Action == string(domain.ReadReference) {
				by = other
			}
			var answers []string
			for _, id := range []string{there, absentID} {
				answers = append(answers, withoutRequestID(by.do(op.Method, variable.ReplaceAllString(op.Path, id), nil).want(403)))
			}
			if answers[0] != answers[1] {
				t.Errorf("%s tells what is there:\n%s\n%s", op.ID, answers[0], answers[1])
			}
		}
		program.get("/v1/countries").want(200)

		// What it names it finds as its creator does: what that can't see is not there.
		own := w.member(domain.PartnerAdmin, w.approvedOrganization().ID)
		_, program = w.apiKey(own, domain.ReadCommitment)
		hidden := "/v1/commitments/" + string(w.seedCommitment(w.approvedOrganization().ID, promise(), domain.CommitmentActive).ID)
		program.get("/v1/commitments").want(200)
		if a, b := withoutRequestID(program.get(hidden).want(404)), withoutRequestID(program.get("/v1/commitments/"+absentID)); a != b {
			t.Errorf("unseen and absent differ:\n%s\n%s", a, b)
		}
	})
}

func TestWhatAKeyCanNotBe(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, partner := w.as(domain.Staff), w.member(domain.PartnerAdmin, w.approvedOrganization().ID)
		with := func(name string, value any) map[string]any {
			d := w.keyDraft("reference.read")
			d[name] = value
			return d
		}
		for _, c := range []struct {
			by       *client
			draft    map[string]any
			at, code string
		}{
			{staff, w.keyDraft("reference.read", "no.such_action"), "/actions/1", "unknown_value"},
			{staff, w.keyDraft("reference.read", "partnership.read", "partnership.approve"), "/actions/2", "not_delegable"},
			{w.as(domain.Liaison), w.keyDraft("advisor.read"), "/actions/0", "not_delegable"},
			{staff, w.keyDraft("api_key.create"), "/actions/0", "not_delegable"},
			{partner, w.keyDraft("report.read"), "/actions/0", "not_yours"},
			{staff, w.keyDraft("report.read", "report.read"), "/actions/1", "repeated"},
			{partner, w.keyDraft("commitment.read", "milestone.report"), "/actions/1", "needs_read"},
			{partner, w.keyDraft("milestone.read"), "/actions/0", "needs_read"},
			{partner, w.keyDraft("commitment.read", "progress_report.read", "progress_report.create", "milestone.read"), "/actions/2", "needs_read"},
			{staff, with("name", "  "), "/name", "required"},
			{staff, with("expires_at", w.clock.Now()), "/expires_at", "invalid"},
			{staff, with("expires_at", w.clock.Now().Add(domain.APIKeyLife+time.Second)), "/expires_at", "invalid"},
			{staff, with("address_ranges", []string{"198.51.100.0/24", "somewhere"}), "/address_ranges/1", "invalid"},
			{staff, with("address_ranges", []string{"198.51.100.7/24"}), "/address_ranges/0", "invalid"},
		} {
			c.by.post("/v1/api-keys", c.draft).want(422).fault(c.at, c.code)
		}
		for range domain.APIKeysOfAccount {
			w.apiKey(staff, domain.ReadReference)
		}
		staff.post("/v1/api-keys", w.keyDraft("reference.read")).want(409)
		for _, role := range []domain.Role{domain.Custodian, domain.Partner, domain.Advising} {
			w.caller(role).post("/v1/api-keys", w.keyDraft("reference.read")).want(403)
		}
	})
}

// TestAKeyGoesWithItsCreator has a second instance that remembers who came by a key
// for as long as servers do.
func TestAKeyGoesWithItsCreator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, err := api.New(t.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test", Limits: unlimited()})
		must(w, err)
		handler := other.Handler()
		sets := func(table, what string) func(c *client, _ string) {
			return func(c *client, _ string) {
				id := map[string]string{"accounts": string(c.actor.Account), "organizations": string(c.actor.Organization)}[table]
				w.exec("UPDATE " + table + " SET " + what + " WHERE id = '" + id + "'")
			}
		}
		for name, c := range map[string]struct {
			of   domain.Role
			ends func(c *client, key string)
			want int
		}{
			"its creator is suspended": {domain.Staff, func(c *client, _ string) {
				w.as(domain.Admin).move(ownAccount(c), "suspend", map[string]string{"reason": "left"}).want(200)
			}, 401},
			"its creator was suspended once": {domain.Staff, func(c *client, _ string) {
				w.as(domain.Admin).move(ownAccount(c), "suspend", map[string]string{"reason": "broken in"}).want(200)
				w.as(domain.Admin).move(ownAccount(c), "restore", nil).want(200)
			}, 401},
			"its creator became an auditor":         {domain.Staff, sets("accounts", "role = 'auditor'"), 403},
			"its creator became a custodian":        {domain.Staff, sets("accounts", "role = 'custodian'"), 401},
			"its creator lost the second factor":    {domain.Staff, func(c *client, _ string) { must(w, w.system().Factors.RemoveAll(w.Context(), c.actor.Account)) }, 401},
			"its creator is an admin no more":       {domain.PartnerAdmin, sets("accounts", "role = 'partner'"), 401},
			"its creator's organization is stopped": {domain.PartnerAdmin, sets("organizations", "stage = 'suspended'"), 401},
			"it is revoked":                         {domain.Staff, func(c *client, key string) { c.post(key+"/revoke", nil).want(200) }, 401},
			"it is revoked by an admin":             {domain.PartnerAdmin, func(_ *client, key string) { w.as(domain.Admin).post(key+"/revoke", nil).want(200) }, 401},
		} {
			t.Run(name, func(t *testing.T) {
				creator := w.caller(c.of)
				key, program := w.apiKey(creator, domain.ReadCommitment)
				elsewhere := func() int {
					r := httptest.NewRequest(http.MethodGet, "/v1/commitments", nil)
					r.Header.Set("Authorization", "Bearer "+program.key)
					rec := httptest.NewRecorder()
					handler.ServeHTTP(rec, r)
					return rec.Code
				}
				program.get("/v1/commitments").want(200)
				if elsewhere() != 200 {
					t.Fatal("is not let in to begin with")
				}
				c.ends(creator, key)
				program.get("/v1/commitments").want(c.want)
				for began := time.Now(); elsewhere() != c.want; {
					if time.Since(began) > 2*time.Second {
						t.Fatal("goes on after two seconds")
					}
				}
			})
		}
	})
}

// behind is a server that believes the proxy from which the tests ask.
func behind(o *api.Options) { o.Proxies.Trusted = prefixes("127.0.0.0/8", "::1/128") }

// TestAKeyThatIsNotGoodIsRefusedAlike compares every refusal of a key.
func TestAKeyThatIsNotGoodIsRefusedAlike(t *testing.T) {
	eachWith(t, behind, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		draft := w.keyDraft("reference.read")
		draft["address_ranges"] = []string{"198.51.100.0/24", "2001:db8::/32", "203.0.113.9"}
		made := staff.post("/v1/api-keys", draft).want(201)
		key, path := made.str("key"), "/v1/api-keys/"+made.str("id")
		from := func(address, key string, more ...string) *result {
			return w.anyone().get("/v1/countries", append([]string{"X-Forwarded-For", address, "Authorization", "Bearer " + key}, more...)...)
		}
		for _, address := range []string{"198.51.100.1", "2001:db8::7", "203.0.113.9", "::ffff:198.51.100.255", "192.0.2.66, 198.51.100.1"} {
			from(address, key).want(200)
		}
		never, _ := apikey.New()
		first := withoutRequestID(from("198.51.100.1", never).want(401))
		alike := func(name string, r *result) {
			t.Helper()
			if got := withoutRequestID(r.want(401)); got != first {
				t.Errorf("%s is told apart:\n%s\n%s", name, got, first)
			}
		}
		for _, address := range []string{"198.51.101.1", "203.0.113.8", "2001:db9::7", "198.51.100.1, 192.0.2.66", "198.51.100.1, unknown"} {
			alike("from "+address, from(address, key))
		}
		last := map[byte]string{'a': "b"}[key[len(key)-1]]
		if last == "" {
			last = "a"
		}
		alike("a forged checksum", from("198.51.100.1", key[:len(key)-1]+last))
		alike("a huge one", from("198.51.100.1", key+strings.Repeat("a", 16<<10)))
		alike("in capitals", from("198.51.100.1", "acd_"+strings.ToUpper(key[4:])))
		alike("no more than its beginning", from("198.51.100.1", "acd_"))
		alike("its hash", from("198.51.100.1", "acd_"+w.column("SELECT secret FROM api_keys")[0]))

		w.anyone().get("/v1/me?access_token="+key, "X-Forwarded-For", "198.51.100.1").want(401)
		w.anyone().get("/v1/countries?key="+key, "X-Forwarded-For", "198.51.100.1").want(400)
		from("198.51.100.1", "", "Authorization", "Basic "+key).want(401)
		from("198.51.100.1", "", "Authorization", "", "X-Api-Key", key).want(200) // which is not looked at: the list is public
		w.anyone().get("/v1/me", "X-Api-Key", key, "Cookie", "Authorization="+key).want(401)

		staff.post(path+"/revoke", nil).want(200)
		staff.post(path+"/revoke", nil).want(409)
		alike("a revoked one", from("198.51.100.1", key))
		key = staff.post("/v1/api-keys", w.keyDraft("reference.read")).want(201).str("key")
		from("192.0.2.66", key).want(200)
		w.forward(24*time.Hour - 1)
		from("192.0.2.66", key).want(200)
		w.forward(1)
		alike("one that has run out", from("192.0.2.66", key))
		for stage, n := range map[string]int{"active": 0, "expired": 1, "revoked": 1} {
			if got := staff.again().get("/v1/api-keys?stage=" + stage).want(200).column("stage"); len(got) != n || n == 1 && got[0] != stage {
				t.Errorf("%s: %v", stage, got)
			}
		}
	})
}

func TestWhatIsReplacedWorksForATime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		made := staff.post("/v1/api-keys", w.keyDraft("reference.read")).want(201)
		path := "/v1/api-keys/" + made.str("id")
		rotate := func(overlap int, life time.Duration) string {
			t.Helper()
			body := map[string]any{"overlap_hours": overlap, "expires_at": w.clock.Now().Add(life)}
			return staff.again().move(path, "rotate", body).want(200).str("key")
		}
		works := func(want int, keys ...string) {
			t.Helper()
			for _, k := range keys {
				w.anyone().get("/v1/countries", "Authorization", "Bearer "+k).want(want)
			}
		}
		first := made.str("key")
		second := rotate(2, 100*time.Hour)
		works(200, first, second)
		w.forward(2*time.Hour - 1)
		works(200, first, second)
		w.forward(1)
		works(401, first)
		works(200, second)
		third := rotate(168, 100*time.Hour)
		fourth := rotate(168, domain.APIKeyLife)
		works(401, second) // the one before the one before
		works(200, third, fourth)
		w.forward(100 * time.Hour)
		works(401, third) // as long as it would have, and no longer
		works(200, fourth)
		fifth := rotate(0, time.Hour)
		works(401, fourth)
		works(200, fifth)

		staff = staff.again()
		late := map[string]any{"overlap_hours": 1, "expires_at": w.clock.Now().Add(domain.APIKeyLife + 1)}
		staff.move(path, "rotate", late).want(422).fault("/expires_at", "invalid")
		late["expires_at"] = w.clock.Now().Add(2 * time.Hour)
		late["overlap_hours"] = 169
		staff.move(path, "rotate", late).want(422)
		late["overlap_hours"] = 1
		w.as(domain.Admin).move(path, "rotate", late).want(403) // would act in its creator's place
		w.another(domain.Staff, "", "").move(path, "rotate", late).want(404)
		w.forward(time.Hour)
		works(401, fifth)
		staff.again().move(path, "rotate", late).want(409)
	})
}

// TestAKeyIsShownOnceAndKeptNowhere looks for two keys in all that the server
// answers, logs and stores.
func TestAKeyIsShownOnceAndKeptNowhere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		again := []string{"Idempotency-Key", "one of the request"}
		made := staff.post("/v1/api-keys", w.keyDraft("reference.read"), again...).want(201)
		path := "/v1/api-keys/" + made.str("id")
		if r := staff.post("/v1/api-keys", w.keyDraft("reference.read"), again...).want(201); r.str("key") != made.str("key") {
			t.Error("a retry is given another key")
		}
		second := staff.move(path, "rotate", map[string]any{"expires_at": w.clock.Now().Add(time.Hour), "overlap_hours": 1}).want(200).str("key")
		said := ""
		for _, key := range []string{made.str("key"), second} {
			for _, at := range []string{"/v1/countries", "/v1/me", "/v1/countries?no=" + key, "/v1/organizations/" + key} {
				w.anyone().get(at, "Authorization", "Bearer "+key)
			}
			w.anyone().get("/v1/countries", "Authorization", "Bearer "+key[:len(key)-1])
		}
		for _, at := range []string{path, "/v1/api-keys", "/v1/notices"} {
			said += string(staff.get(at).want(200).Body)
		}
		said += string(w.as(domain.Auditor).get("/v1/audit").want(200).Body) + w.log.String() + w.everything()
		for _, key := range []string{made.str("key"), second} {
			if strings.Contains(said, key[4:20]) || strings.Contains(said, key[30:46]) {
				t.Error("a key is found where it should not be")
			}
		}
		if !strings.Contains(said, "api_key.rotated") {
			t.Error("the search looks nowhere")
		}
	})
}

// everything is what the database holds, but for what is no text.
func (w *world) everything() string {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	b := &strings.Builder{}
	for _, table := range w.tables() {
		rows, err := db.QueryContext(w.Context(), "SELECT * FROM "+table)
		must(w, err)
		columns, err := rows.Columns()
		must(w, err)
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		for rows.Next() {
			must(w, rows.Scan(row...))
			for _, v := range row {
				fmt.Fprintf(b, "%s\n", *v.(*any))
			}
		}
		must(w, rows.Err())
		rows.Close()
	}
	return b.String()
}

// TestAKeySignsForItself follows what a program does: in the trail it stands by
// its key, which names its creator; by every rule of two persons it is that one.
func TestAKeySignsForItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.another(domain.Staff, "", "")
		path, program := w.apiKey(staff, domain.ReadCommitment, domain.ReadMilestone, domain.ReportMilestone)
		v := w.seedCommitment(w.approvedOrganization().ID, promise(), domain.CommitmentActive)
		on, at := "/v1/commitments/"+string(v.ID), "/v1/milestones/"+string(w.seedMilestone(v, "2026-06-30").ID)
		if got := program.move(at, "report", map[string]string{"evidence": "By hand."}).want(200); fmt.Sprint(got.at("_actions")) != "[]" {
			t.Errorf("a key is offered %v", got.at("_actions"))
		}
		staff.move(at, "verify", nil).want(403)
		w.as(domain.Liaison).move(at, "verify", nil).want(200)

		id := strings.TrimPrefix(path, "/v1/api-keys/")
		auditor := w.as(domain.Auditor)
		done := auditor.get("/v1/audit?actor_id=" + id).want(200).items()
		if len(done) != 1 || done[0]["event"] != "milestone.reported" || done[0]["actor_role"] != "service" {
			t.Errorf("the trail has %v", done)
		}
		of := auditor.get("/v1/audit?record_id=" + id).want(200).items()
		if len(of) != 1 || of[0]["event"] != "api_key.created" || of[0]["actor_id"] != string(staff.actor.Account) {
			t.Errorf("its creator is not found: %v", of)
		}
		history := staff.get(on + "/history").want(200).items()
		if by := fmt.Sprint(history[len(history)-2]["by"]); !strings.HasSuffix(by, ", by an API key") || strings.HasPrefix(by, "the office") {
			t.Errorf("the history names %q", by)
		}
		if line := w.log.String(); !strings.Contains(line, `"actor_id":"`+id+`"`) {
			t.Error("no line names the key")
		}
	})
}

func TestAKeyHasAnswersAndLimitsOfItsOwn(t *testing.T) {
	few := limited(func(l *api.Limits) { l.Actor = repository.Rate{Limit: 4, Window: time.Hour} })
	eachWith(t, few, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		_, program := w.apiKey(staff, domain.ReadExchangeRate, domain.RecordExchangeRate)
		rate := func(c *client) *result {
			return c.post("/v1/exchange_rates", openapiExample("recordExchangeRate"), "Idempotency-Key", "one and the same key")
		}
		first := rate(program).want(201)
		if again := rate(program).want(201); again.Header.Get("Idempotency-Replayed") != "true" || again.str("id") != first.str("id") {
			t.Error("a retry is not the first")
		}
		if own := rate(staff); own.Header.Get("Idempotency-Replayed") != "" {
			t.Error("its creator is given the key's answer")
		}
		program.get("/v1/exchange_rates").want(200)
		program.get("/v1/exchange_rates").want(200)
		program.get("/v1/exchange_rates").told(429)
		staff.get("/v1/exchange_rates").want(200)
	})
}

// openapiExample is the contract's example of a body.
func openapiExample(id string) string {
	i := slices.IndexFunc(openapi.Operations, func(op openapi.Operation) bool { return op.ID == id })
	return openapi.Operations[i].Example
}

func TestAKeyIsMadeByWhoIsThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.another(domain.Staff, "", "")
		path, _ := w.apiKey(staff, domain.ReadReference)
		tag := staff.seen(path)
		w.forward(domain.ProofLife)
		staff.post("/v1/api-keys", w.keyDraft("reference.read")).want(403).fault("", "proof_required")
		staff.post(path+"/rotate", map[string]any{"expires_at": w.clock.Now().Add(time.Hour)}, "If-Match", tag).want(403).fault("", "proof_required")
		staff.post(path+"/revoke", nil).want(200) // ending one is never made hard
	})
}

// TestACreatorIsToldOfItsKeys also has a reset end them: whoever was in the
// account may have made one to come back by.
func TestACreatorIsToldOfItsKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, admin := w.another(domain.Staff, "", ""), w.as(domain.Admin)
		made := staff.post("/v1/api-keys", w.keyDraft("reference.read")).want(201)
		path := "/v1/api-keys/" + made.str("id")
		staff.move(path, "rotate", map[string]any{"expires_at": w.clock.Now().Add(time.Hour)}).want(200)
		admin.post(path+"/revoke", nil).want(200)
		told := staff.get("/v1/notices").want(200).column("event")
		slices.Sort(told)
		if fmt.Sprint(told) != "[api_key.created api_key.revoked api_key.rotated]" {
			t.Errorf("is told of %v", told)
		}

		_, program := w.apiKey(staff, domain.ReadReference)
		_, others := w.apiKey(admin, domain.ReadReference)
		w.setPassword(staff)
		token := w.mustReset(admin, staff, "password").want(201).str("token")
		program.get("/v1/countries").want(200)
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": "entirely new words for it"}).want(204)
		program.get("/v1/countries").want(401)
		others.get("/v1/countries").want(200)
	})
}

func TestWhoseKeysOneSeesAndEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		staff, lead, second, elsewhere := w.as(domain.Staff), w.another(domain.PartnerAdmin, org, ""), w.another(domain.PartnerAdmin, org, ""), w.caller(domain.PartnerAdmin)
		var paths []string
		for _, c := range []*client{staff, lead, second, elsewhere} {
			path, _ := w.apiKey(c, domain.ReadReference)
			paths = append(paths, path)
		}
		for name, c := range map[string]struct {
			by   *client
			sees int
		}{"an admin": {w.as(domain.Admin), 4}, "an officer": {staff, 1}, "a partner's admin": {lead, 2}, "another's": {elsewhere, 1}} {
			r := c.by.get("/v1/api-keys?count=exact").want(200)
			if n := len(r.items()); n != c.sees || r.at("total") != float64(n) {
				t.Errorf("%s sees %d keys", name, n)
			}
		}
		if got := w.as(domain.Admin).get("/v1/api-keys?account_id=" + string(second.actor.Account)).want(200).column("id"); len(got) != 1 || !strings.HasSuffix(paths[2], got[0]) {
			t.Errorf("%v", got)
		}
		if got := fmt.Sprint(lead.get(paths[2]).want(200).at("_actions"), lead.get(paths[1]).at("_actions")); got != "[revoke] [revoke rotate]" {
			t.Error(got)
		}
		elsewhere.post(paths[1]+"/revoke", nil).want(404)
		w.exec("UPDATE organizations SET stage = 'suspended' WHERE id = '" + string(org) + "'")
		lead.post(paths[2]+"/revoke", nil).want(200) // whatever became of the organization
		lead.post("/v1/api-keys", w.keyDraft("reference.read")).want(403)
	})
}

func TestTheLastUseIsToldToTheDay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path, program := w.apiKey(staff, domain.ReadReference)
		used := func() string { return staff.again().get(path).want(200).str("last_used_on") }
		if got := used(); got != "" {
			t.Errorf("was used on %s", got)
		}
		w.anyone().get("/v1/countries", "Authorization", "Bearer "+program.key+"a").want(401)
		for _, day := range []string{"2026-03-02", "2026-03-03"} {
			program.get("/v1/countries").want(200)
			program.get("/v1/me").want(403)
			if got := used(); got != day {
				t.Errorf("was used on %s, not %s", got, day)
			}
			w.forward(24 * time.Hour)
		}
	})
}

// TestAKeyOfSomebodyNearAdvisorsIsNot reads, by a liaison's key, what a liaison
// and what the key is shown of the same records.
func TestAKeyOfSomebodyNearAdvisorsIsNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		liaison := w.as(domain.Liaison)
		_, program := w.apiKey(liaison, w.delegable(liaison)...)
		e := engagementPath(w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Advisor: w.advisor()}))
		liaison.patch(e, `{"private_notes":"They were afraid of the driver."}`).want(200)
		if got := program.get(e).want(200); got.at("private_notes") != nil || liaison.get(e).at("private_notes") == nil {
			t.Errorf("a key reads private notes: %s", got.Body)
		}
		program.patch(e, `{"private_notes":"Nothing."}`).want(403)
		program.patch(e, `{"location":"Room 4"}`).want(200)
		if got := liaison.get(e).str("private_notes"); got != "They were afraid of the driver." {
			t.Errorf("a key left %q", got)
		}
		for _, at := range []string{"/v1/advisors", e + "/participants", "/v1/accounts", "/v1/tasks", "/v1/submissions", "/v1/councils"} {
			program.get(at).want(403)
		}
	})
}

func TestACreatorIsToldThatAKeyRunsOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, bystander := w.another(domain.Staff, "", ""), w.another(domain.Staff, "", "")
		draft := w.keyDraft("reference.read")
		draft["expires_at"] = w.clock.Now().Add(30 * 24 * time.Hour)
		id := staff.post("/v1/api-keys", draft).want(201).str("id")
		told := func() (n int) {
			t.Helper()
			for range 2 {
				must(t, w.server.Jobs()["api_keys.remind"](w.Context(), w.system(), nil))
			}
			for _, item := range staff.again().get("/v1/notices").want(200).items() {
				if item["event"] == "api_key.expiring" {
					if n++; item["record_id"] != id || item["due_on"] != "2026-04-01" {
						t.Errorf("is told %v", item)
					}
				}
			}
			return n
		}
		w.expires(15*24*time.Hour, told, 0)
		w.expires(24*time.Hour, told, 1)
		w.expires(10*24*time.Hour, told, 1)
		w.expires(3*24*time.Hour, told, 2)
		w.expires(24*time.Hour, told, 2)
		if got := bystander.again().get("/v1/notices").want(200).items(); len(got) != 0 {
			t.Errorf("another is told %v", got)
		}
	})
}

// expires lets time pass, and counts what the creator was told then.
func (w *world) expires(d time.Duration, told func() int, want int) {
	w.Helper()
	w.forward(d)
	if n := told(); n != want {
		w.Errorf("at %s the creator was told %d times, not %d", w.clock.Now(), n, want)
	}
}

func TestACreatorIsToldOfAKeyThatComesFromElsewhere(t *testing.T) {
	eachWith(t, behind, func(t *testing.T, w *world) {
		staff, admin := w.another(domain.Staff, "", ""), w.as(domain.Admin)
		draft := w.keyDraft("reference.read")
		draft["address_ranges"], draft["expires_at"] = []string{"198.51.100.0/24"}, w.clock.Now().Add(30*24*time.Hour)
		made := staff.post("/v1/api-keys", draft).want(201)
		key, path := made.str("key"), "/v1/api-keys/"+made.str("id")
		from := func(address, key string) *result {
			return w.anyone().get("/v1/countries", "X-Forwarded-For", address, "Authorization", "Bearer "+key)
		}
		told := func(want int, on string) {
			t.Helper()
			must(t, w.server.TellOfRefusals(w.Context()))
			must(t, w.server.TellOfRefusals(w.Context()))
			events := staff.again().get("/v1/notices").want(200).column("event")
			if n := len(slices.DeleteFunc(events, func(e string) bool { return e != "api_key.misplaced" })); n != want {
				t.Errorf("the creator was told %d times, not %d", n, want)
			}
			for _, who := range []*client{staff.again(), admin.again()} {
				if got := who.get(path).want(200).str("refused_on"); got != on {
					t.Errorf("%s sees that it was refused on %q, not %q", who.actor.Role, got, on)
				}
			}
		}
		never, _ := apikey.New()
		from("198.51.100.7", key).want(200)
		from("203.0.113.7", never).want(401)
		told(0, "")
		for range 3 { // as when it was used from where it belongs, too
			from("203.0.113.7", key).want(401)
			from("198.51.100.7", key).want(200)
		}
		told(1, "2026-03-02")
		from("203.0.113.8", key).want(401)
		told(1, "2026-03-02")
		w.forward(24 * time.Hour)
		told(1, "2026-03-02")
		from("203.0.113.7", key).want(401)
		told(2, "2026-03-03")
		entries := w.as(domain.Auditor).get("/v1/audit?record_id=" + made.str("id")).want(200)
		if n := len(slices.DeleteFunc(entries.column("event"), func(e string) bool { return e != "api_key.misplaced" })); n != 2 {
			t.Errorf("the trail tells of %d refusals", n)
		}
		w.forward(24 * time.Hour)
		staff.again().post(path+"/revoke", nil).want(200)
		from("203.0.113.7", key).want(401)
		told(2, "2026-03-03")
	})
}

// TestAKeyIsNotToldWhoTakesPart asks by keys for engagements by who takes part in
// them, and for the figures that are made of it, and is answered as if nobody did.
func TestAKeyIsNotToldWhoTakesPart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer, lead := w.as(domain.Staff), w.caller(domain.PartnerAdmin)
		org, other := lead.actor.Organization, w.approvedOrganization().ID
		_, program := w.apiKey(officer, w.delegable(officer)...)
		_, own := w.apiKey(lead, w.delegable(lead)...)
		i := w.initiative("Guidance", domain.InitiativeAgenda)
		e := engagementPath(w.engagement(i.ID, domain.EngagementConfirmed, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Organization: other}))
		officer.move(e, "hold", nil).want(200)
		program.get(e).want(200)
		own.get(e).want(200)

		report := func(c *client) *result { return c.get("/v1/reports/objectives/4.3").want(200) }
		before, known := report(program), report(officer)
		// An advisor was heard, and a survivor-led organization; then the initiative is
		// cleared with the others unheard.
		leads := w.organizationOf(domain.OrganizationSurvivorLed)
		for _, who := range []map[string]any{{"advisor_id": w.advisor()}, {"organization_id": leads}} {
			officer.post(e+"/participants", who).want(201)
		}
		for _, body := range []any{`{}`, `{}`, map[string]string{"reason": "A court set the date."}} {
			officer.move("/v1/initiatives/"+string(i.ID), "advance", body).want(200)
		}
		if got := report(officer); string(got.Body) == string(known.Body) {
			t.Error("nothing happened")
		}
		if got := report(program); string(got.Body) != string(before.Body) || got.tag() != before.tag() {
			t.Errorf("a key can tell:\n%s\n%s", before.Body, got.Body)
		}
		if got := program.report("4.3", 2026); len(got) != 1 || got["engagements_held"] != "roundtable=1" {
			t.Errorf("a key is told %v", got)
		}
		if got := program.report("4.1", 2026); got["commitments_accepted"] != "0" || got["multilateral_engagements_by_organization"] != "" {
			t.Errorf("a key is told %v", got)
		}

		for _, by := range []domain.OrganizationID{org, other, leads, domain.OrganizationID(absentID)} {
			at := "/v1/engagements?count=exact&organization_id=" + string(by)
			for name, c := range map[string]*client{"an officer's": program, "a partner's": own} {
				if got := c.get(at).want(200); len(got.items()) != 0 || got.at("total") != float64(0) {
					t.Errorf("%s key finds by who takes part: %s", name, got.Body)
				}
			}
			if got := officer.get(at).want(200).at("total"); (by == domain.OrganizationID(absentID)) != (got == float64(0)) {
				t.Errorf("an officer finds %v", got)
			}
		}
	})
}
