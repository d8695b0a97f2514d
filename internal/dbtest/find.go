package dbtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// oldest is the oldest PostgreSQL that Accord supports: the oldest that its authors still mend.
const oldest = 14

var errNoServer = errors.New("TEST_POSTGRES is not set, and this machine has no PostgreSQL.\n" + howToGet)

// packages are where distributions put PostgreSQL without putting it into PATH.
var packages = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// findPostgres returns the folder of PostgreSQL's programs: that in PATH, else pg_config's, else
// the newest that a package brought. It returns errNoServer if none is there that is new enough.
func findPostgres() (bin string, err error) {
	for _, bin := range []string{folderInPath(), folderOfPgConfig()} {
		if version(bin) >= oldest {
			return bin, nil
		}
	}
	bin, newest := "", oldest-1
	for _, pattern := range packages {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, candidate := range found {
			if v := version(candidate); v > newest {
				bin, newest = candidate, v
			}
		}
	}
	if bin == "" {
		return "", errNoServer
	}
	return bin, nil
}

// folderInPath follows links, since initdb looks for its companions beside itself.
func folderInPath() string {
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return ""
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return ""
	}
	return filepath.Dir(initdb)
}

func folderOfPgConfig() string {
	out, err := exec.Command("pg_config", "--bindir").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// version returns the major version of the server in the folder, 0 if it lacks what a cluster needs.
func version(bin string) int {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return 0
	}
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return 0
	}
	v, _ := strconv.Atoi(string(match[1])) // digits alone
	return v
}
