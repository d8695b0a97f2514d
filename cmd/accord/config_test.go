package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func write(t *testing.T, name, contents string, mode os.FileMode) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(contents), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestABadSettingStopsTheProgramAndSaysWhatIsRight(t *testing.T) {
	t.Parallel()
	file := write(t, "file", "", 0o600)
	noKey := write(t, "no.key", "not a key", 0o600)
	everyones := filepath.Join(t.TempDir(), "everyones.key")
	embedded(t).run(t, "", "migrate", "key", everyones).ok()
	if err := os.Chmod(everyones, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, value string
		right       string
	}{
		{"ACCORD_LISTEN", "8080", "host:port"},
		{"ACCORD_LISTEN", "127.0.0.1:99999", "host:port"},
		{"ACCORD_LISTEN", "127.0.0.1:-1", "host:port"},
		{"ACCORD_LISTEN", "http://127.0.0.1:8080", "host:port"},
		{"ACCORD_METRICS_LISTEN", "9090", "host:port"},
		{"ACCORD_DATA", file, "name one that can be written"},
		{"ACCORD_DATA", filepath.Join(file, "data"), "name one that can be written"},
		{"DATABASE_URL", "mysql://db/accord", "postgres://user:password@host:5432/name"},
		{"DATABASE_URL", "host=db user=accord", "postgres://user:password@host:5432/name"},
		{"DATABASE_URL", "postgres://u:pass%zz@db/accord", "percent-encoded"},
		{"ACCORD_MASTER_KEY_FILE", filepath.Join(t.TempDir(), "absent.key"), "accord migrate key FILE"},
		{"ACCORD_MASTER_KEY_FILE", noKey, "not a master key"},
		{"ACCORD_MASTER_KEY_FILE", everyones, "chmod 600"},
		{"ACCORD_MASTER_KEY_FILE", t.TempDir(), "not a regular file"},
		{"ACCORD_MASTER_KEY", "nonsense", "base64"},
		{"ACCORD_BASE_URL", "accord.example.org", "http:// or https:// and a host"},
		{"ACCORD_BASE_URL", "ftp://accord.example.org", "http:// or https:// and a host"},
		{"ACCORD_BASE_URL", "https://accord.example.org/api", "without a path"},
		{"ACCORD_BASE_URL", "https://accord.example.org/?a=b", "without a path"},
		{"ACCORD_KEY_ROTATION", "1m", "an hour or more"},
		{"ACCORD_OFFICE_ID", "foo", "such as US-GOV-11"},
		{"ACCORD_OFFICE_ID", "US-GOV-1 1", "such as US-GOV-11"},
		{"ACCORD_OFFICE_NAME", " ", "what the office is called"},
		{"ACCORD_S3_BUCKET", "b", "set ACCORD_S3_ENDPOINT"},
		{"ACCORD_KEY_ROTATION", "5", "such as 720h"},
		{"ACCORD_S3_PATH_STYLE", "maybe", "true or false"},
		{"ACCORD_PASSKEY_DOMAIN", "http://x", "a host alone, such as accord.example.org"},
		{"ACCORD_LOG_LEVEL", "loud", "debug, info, warn or error"},
		{"ACCORD_DATABASE_URL_FILE", filepath.Join(t.TempDir(), "absent"), "can't be read"},
		{"ACCORD_DATABASE_URL_FILE", file, "write a postgres:// address into it"},
		{"ACCORD_LIMIT_ACTOR", "600", "such as 600/1m"},
		{"ACCORD_LIMIT_ACTOR", "0/1m", "such as 600/1m"},
		{"ACCORD_LIMIT_ADDRESS", "600/0s", "such as 600/1m"},
		{"ACCORD_LIMIT_EXPENSIVE", "many/1m", "such as 600/1m"},
		{"ACCORD_LIMIT_EXPENSIVE", "1/48h", "such as 600/1m"},
		{"ACCORD_LIMIT_IN_FLIGHT", "0", "1 or more"},
		{"ACCORD_LIMIT_EACH", "-1", "1 or more"},
		{"ACCORD_TRUSTED_PROXIES", "proxy.example", "such as 10.0.0.1"},
		{"ACCORD_TRUSTED_PROXIES", "0.0.0.0/0", "that are yours"},
		{"ACCORD_TRUSTED_PROXIES", "10.0.0.1,::/0", "that are yours"},
		{"ACCORD_PROXY_HEADER", "X-Real-IP", "X-Forwarded-For or Forwarded"},
		{"ACCORD_ORIGINS", "*", "https:// and a host"},
		{"ACCORD_ORIGINS", "null", "https:// and a host"},
		{"ACCORD_ORIGINS", "https://*.example.org", "https:// and a host"},
		{"ACCORD_ORIGINS", "https://app.example.org/", "nothing after it"},
		{"ACCORD_ORIGINS", "http://app.example.org", "https:// and a host"},
		{"ACCORD_ORIGINS", "https://App.example.org", "lower case"},
		{"ACCORD_TLS_CERT", file, "set both or neither"},
		{"ACCORD_TLS_MIN", "1.1", "1.3, or 1.2"},
		{"ACCORD_ISSUERS_FILE", filepath.Join(t.TempDir(), "absent"), "can't be read"},
		{"ACCORD_ISSUERS_FILE", file, "JSON"},
		{"ACCORD_ISSUERS_FILE", write(t, "advisor.json", issuerFor("advisor", 3600), 0o600), "never advisor"},
		{"ACCORD_ISSUERS_FILE", write(t, "owner.json", issuerFor("owner", 3600), 0o600), "roles that people have"},
		{"ACCORD_ISSUERS_FILE", write(t, "staff.json", issuerFor("staff", 0), 0o600), "max_age"},
		{"ACCORD_RETENTION", "session=14", "take one of sessions, devices"},
		{"ACCORD_RETENTION", "audit_entries=30", "no span that can be set"},
		{"ACCORD_RETENTION", "applications.decided=10", "no span that can be set"},
		{"ACCORD_RETENTION", "sessions=0", "from 1 to 365 days: write sessions=30"},
		{"ACCORD_RETENTION", "sessions=14,organization_merge_moves=30", "from 31 to 365 days"},
		{"ACCORD_RETENTION", "sessions", "write sessions=30"},
		{"ACCORD_RETENTION", "sessions=14d", "write sessions=30"},
		{"ACCORD_RETENTION", "sessions=14,sessions=15", "set twice"},
		{"ACCORD_PASSWORD_SCHEME", "md5", "argon2id or pbkdf2-sha256"},
	} {
		t.Run(tt.name+"="+filepath.Base(tt.value), func(t *testing.T) {
			t.Parallel()
			embedded(t).with(tt.name, tt.value).run(t, "", "serve").says(tt.name, tt.right)
		})
	}
}

func issuerFor(role string, maxAge int) string {
	return fmt.Sprintf(`{"issuers":[{"name":"office","label":"Office","issuer":"https://login.example.org","client_id":"portal","roles":{"*":[%q]},"max_age":%d}]}`, role, maxAge)
}

func TestSettingsThatContradict(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "master.key")
	embedded(t).run(t, "", "migrate", "key", key).ok()
	embedded(t).with("ACCORD_MASTER_KEY", "x").with("ACCORD_MASTER_KEY_FILE", key).run(t, "", "serve").
		says("ACCORD_MASTER_KEY and ACCORD_MASTER_KEY_FILE", "keep the one")
	embedded(t).with("DATABASE_URL", "postgres://127.0.0.1:1/accord").run(t, "", "serve").
		says("ACCORD_MASTER_KEY_FILE is not set", "accord migrate key FILE")
	embedded(t).with("DATABASE_URL", "postgres://127.0.0.1:1/accord").with("ACCORD_MASTER_KEY_FILE", key).run(t, "", "serve").
		says("DATABASE_URL", "mend the address or start it")
}

func TestALostMasterKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	env.run(t, "", "migrate", "up").ok()
	key := filepath.Join(env["ACCORD_DATA"], "master.key")
	moved := filepath.Join(t.TempDir(), "master.key")
	if err := os.Rename(key, moved); err != nil {
		t.Fatal(err)
	}
	env.run(t, "", "serve").says("master.key", "put the key back", "ACCORD_MASTER_KEY_FILE")
	env.with("ACCORD_MASTER_KEY_FILE", moved).run(t, "", "migrate", "status").ok()
	env.run(t, "", "migrate", "key", moved).says("exists")
}

func TestTheMasterKeyCanComeByTheEnvironment(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "master.key")
	embedded(t).run(t, "", "migrate", "key", key).ok()
	contents, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	env := embedded(t)
	env.with("ACCORD_MASTER_KEY", base64.StdEncoding.EncodeToString(contents)).start(t)
	if _, err := os.Stat(filepath.Join(env["ACCORD_DATA"], "master.key")); err == nil {
		t.Error("it made a key beside the one that it was given")
	}
}

func TestAFlagWinsOverTheEnvironment(t *testing.T) {
	t.Parallel()
	embedded(t).with("ACCORD_LOG_LEVEL", "info").run(t, "", "serve", "--log-level", "loud").says(`"loud"`)
	embedded(t).with("ACCORD_LOG_LEVEL", "loud").run(t, "", "migrate", "status", "--log-level=info").ok()
}

func TestADatabaseElsewhereProvesWhoItIs(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	t.Setenv("PGSERVICEFILE", write(t, "services", "[far]\nhost=db.example.org\n", 0o600))
	for address, insists := range map[string]bool{
		"postgres://u@db.example.org/accord":                       true,
		"postgres://u@db.example.org:6432/accord?user=x":           true,
		"postgresql://u:a%2Fb@192.0.2.7/accord":                    true,
		"postgres:///accord?host=a.example.org,b.example.org":      true,
		"postgres:///accord?host=db.example.org":                   true,
		"postgres://localhost/accord?host=db.example.org":          true,
		"postgres://u@db.example.org/accord?sslmode=":              true,
		"postgres:///accord?service=far":                           true,
		"postgres:///accord?host=/run/pg,db.example.org":           true,
		"postgres://u@db.example.org/accord?sslmode=disable":       false,
		"postgres://u@localhost/accord":                            false,
		"postgres://u@127.0.0.1:5432/accord":                       false,
		"postgres://u@[::1]/accord":                                false,
		"postgres:///accord?host=%2Fvar%2Frun%2Fpostgresql&user=u": false,
	} {
		got, err := pgx.ParseConfig(secured(address))
		if err != nil {
			t.Fatal(err)
		}
		elsewhere, verifies := false, true
		for _, at := range append(got.Fallbacks, &pgconn.FallbackConfig{Host: got.Host, TLSConfig: got.TLSConfig}) {
			if !isHere(at.Host) {
				elsewhere = true
				verifies = verifies && at.TLSConfig != nil && !at.TLSConfig.InsecureSkipVerify && at.TLSConfig.ServerName == at.Host
			}
		}
		if (elsewhere && verifies) != insists {
			t.Errorf("%s: insists on a certificate: %v", address, verifies)
		}
		plain, err := pgx.ParseConfig(address)
		if err != nil {
			t.Fatal(err)
		}
		if got.Host != plain.Host || got.Port != plain.Port || got.User != plain.User || got.Password != plain.Password || got.Database != plain.Database {
			t.Errorf("%s leads elsewhere: %s", address, got.Host)
		}
	}
}

func TestADatabaseElsewhereIsKnownByTheEnvironmentToo(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	t.Setenv("PGHOST", "db.example.org")
	if got, err := pgx.ParseConfig(secured("postgres:///accord")); err != nil || got.TLSConfig == nil || got.TLSConfig.ServerName != "db.example.org" {
		t.Errorf("%v %+v", err, got)
	}
}

// TestNoSecretIsPrinted fails where a setting that holds a secret shows in what
// the program prints, however it fails.
func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2hunter2"
	encoded := base64.StdEncoding.EncodeToString([]byte(secret))
	key := filepath.Join(t.TempDir(), "master.key")
	embedded(t).run(t, "", "migrate", "key", key).ok()
	contents, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	onPostgres := embedded(t).with("ACCORD_MASTER_KEY_FILE", key)
	for name, tt := range map[string]struct {
		env   settings
		stdin string
		args  []string
	}{
		"a database that does not answer": {env: onPostgres.with("DATABASE_URL", "postgres://u:"+secret+"@127.0.0.1:1/accord")},
		"a password among the parameters": {env: onPostgres.with("DATABASE_URL", "postgres://127.0.0.1:1/accord?user=u&password="+secret)},
		"an option that is none":          {env: onPostgres.with("DATABASE_URL", "postgres://u:"+secret+"@db/accord?sslmode=perhaps")},
		"an address that is none":         {env: onPostgres.with("DATABASE_URL", "postgres://u:"+secret+"%zz@db/accord")},
		"another kind of database":        {env: onPostgres.with("DATABASE_URL", "mysql://u:"+secret+"@db/accord")},
		"a key that is none":              {env: embedded(t).with("ACCORD_MASTER_KEY", encoded)},
		"a key that is no base64":         {env: embedded(t).with("ACCORD_MASTER_KEY", secret+"!")},
		"a key cut short":                 {env: embedded(t).with("ACCORD_MASTER_KEY", base64.StdEncoding.EncodeToString(contents[:len(contents)-9]))},
		"a base address with a password":  {env: embedded(t).with("ACCORD_BASE_URL", "https://u:"+secret+"@accord.example.org")},
		"help":                            {env: onPostgres.with("DATABASE_URL", "postgres://u:"+secret+"@db/accord"), args: []string{"serve", "--help"}},
		"a mistyped flag":                 {env: onPostgres.with("DATABASE_URL", "postgres://u:"+secret+"@db/accord"), args: []string{"--no-such-flag"}},
		"a password too common":           {env: migrated(t), stdin: secret[:7], args: []string{"user", "create", "someone"}},
		"a good password":                 {env: migrated(t), stdin: secret, args: []string{"user", "create", "someone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(tt.args) == 0 {
				tt.args = []string{"serve", "--log-level=debug"}
			}
			got := tt.env.run(t, tt.stdin, tt.args...)
			said := fmt.Sprint(got.stdout, got.stderr, got.err)
			for _, s := range []string{secret[:7], encoded[:16], string(contents[30:60])} {
				if strings.Contains(said, s) {
					t.Errorf("it prints a secret: %s", said)
				}
			}
		})
	}
}

// migrated are the settings of an office that can be worked on without a server.
func migrated(t *testing.T) settings {
	t.Helper()
	env := embedded(t)
	env.run(t, "", "migrate", "up").ok()
	return env
}

// TestREADMEListsEverySetting holds the README's table against config.
func TestREADMEListsEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := settingsTable(); !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not have the settings as they are:\n%s", want)
	}
	if n := strings.Count(string(readme), "| `ACCORD_") + strings.Count(string(readme), "| `DATABASE_"); n != reflect.TypeFor[config]().NumField() {
		t.Errorf("README.md has %d settings, of %d", n, reflect.TypeFor[config]().NumField())
	}
}

func settingsTable() string {
	b := &strings.Builder{}
	b.WriteString("| variable | flag | default | meaning |\n|---|---|---|---|\n")
	for i := range reflect.TypeFor[config]().NumField() {
		tag := reflect.TypeFor[config]().Field(i).Tag
		name := tag.Get("name")
		if name == "" {
			name = strings.ToLower(reflect.TypeFor[config]().Field(i).Name)
		}
		flag := "`--" + name + "`"
		if tag.Get("kong") == "-" {
			flag = ""
		}
		standard := tag.Get("default")
		if standard != "" {
			standard = "`" + standard + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", tag.Get("var"), flag, standard, tag.Get("help"))
	}
	return b.String()
}

func TestAMisspeltSettingIsRefused(t *testing.T) {
	for name, nearest := range map[string]string{
		"ACCORD_DATABASE_URL": "DATABASE_URL:", "ACCORD_LISTN": "ACCORD_LISTEN", "ACCORD_BASEURL": "ACCORD_BASE_URL", "ACCORD_REQUIRE_SCANS": "ACCORD_REQUIRE_SCAN",
	} {
		embedded(t).with(name, "x").run(t, "", "version").says(name, "the nearest is "+nearest)
	}
	// What Kubernetes sets for a service of this name is nobody's mistake.
	embedded(t).with("ACCORD_PORT_8080_TCP_ADDR", "10.0.0.1").with("ACCORD_SERVICE_HOST", "10.0.0.1").with("ACCORD_PORT", "tcp://10.0.0.1:8080").
		with("ACCORD_DB_SERVICE_PORT_POSTGRES", "5432").with("ACCORD_DB_PORT", "tcp://10.0.0.2:5432").with("ACCORD_DB_PORT_5432_TCP", "tcp://10.0.0.2:5432").run(t, "", "version").ok()
}
