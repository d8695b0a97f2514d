package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const superuser = "accord"

// settings make the cluster quick rather than safe, since its data dies with it, and its clock's
// zone unlike anyone's, so that a statement which leans on the server's zone is found out.
var settings = []string{
	"listen_addresses=", // the socket alone: nothing off this machine, no port to collide on
	"port=5432",         // part of the socket's name; said here because PGPORT would change it
	"max_connections=400",
	"shared_buffers=128MB",
	"fsync=off",
	"synchronous_commit=off",
	"full_page_writes=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"timezone=<+0545>-05:45",
}

// supervise becomes the server it is given, and leaves a watcher behind that waits for the end of
// standard input: it comes when the tests' process ends, however that happens, and then the server
// and its folder go too.
const supervise = `
dir=$1; shift
exec 3<&0
{ read -r _ <&3; kill -QUIT $$; until rm -rf "$dir"; do sleep 0.1; done; } &
exec "$@" 3<&- </dev/null
`

// startCluster starts a private server in a temporary folder and waits until it answers.
func startCluster() (*server, error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	owner, err := clusterOwner()
	if err != nil {
		return nil, err
	}
	dir, err := clusterFolder(owner)
	if err != nil {
		return nil, err
	}
	s, err := runCluster(bin, dir, owner)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL of %s: %w", bin, err), os.RemoveAll(dir))
	}
	return s, nil
}

func runCluster(bin, dir string, owner *syscall.Credential) (*server, error) {
	if err := initCluster(bin, dir, owner); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()

	args := []string{"-c", supervise, "sh", dir, filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data")}
	for _, setting := range append(settings, "unix_socket_directories="+dir) {
		args = append(args, "-c", setting)
	}
	cmd := command(dir, owner, "/bin/sh", args...)
	cmd.Stdout, cmd.Stderr = log, log // a pipe would keep Wait, and go test, waiting for the watcher
	cmd.SysProcAttr.Setsid = true     // an interrupt from the keyboard is for the tests; the watcher follows them
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() // how it ended is in the log
		close(ended)
	}()
	s := &server{
		admin: &url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/postgres",
			RawQuery: url.Values{"host": {dir}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()},
		stop: func() error {
			lifeline.Close()
			<-ended
			return os.RemoveAll(dir)
		},
	}
	if err := s.await(ended); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("%w; it said:\n%s", err, said), s.stop())
	}
	return s, nil
}

func initCluster(bin, dir string, owner *syscall.Credential) error {
	cmd := command(dir, owner, filepath.Join(bin, "initdb"), "--pgdata", filepath.Join(dir, "data"),
		"--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--locale", locale(), "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w; it said:\n%s", err, out)
	}
	return nil
}

// locale is one that knows letters beyond ASCII, as every real server's does: lower('É') depends on it.
func locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

// await returns when the server answers, or has ended without ever doing so.
func (s *server) await(ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.admin.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ended:
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-retry.C:
		}
	}
}

// clusterFolder makes the cluster's folder, in memory if there is room: a database is some 900
// files, made and removed for every test. It does not follow TMPDIR, since the path of a socket
// has 107 bytes at most (103 on macOS) and another user has to reach it.
func clusterFolder(owner *syscall.Credential) (string, error) {
	parent := "/tmp"
	if free("/dev/shm") >= roomInMemory {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "accord-pg-")
	if err != nil || owner == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(owner.Uid), int(owner.Gid))
}

// roomInMemory is enough for a benchmark's half a million rows several times over.
const roomInMemory = 4 << 30

// free returns the bytes that an ordinary user may still fill, 0 where there is no such folder.
func free(dir string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize)
}

// clusterOwner says who shall run the server: nil means who runs the tests, unless that is root,
// as whom PostgreSQL refuses to run.
func clusterOwner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// command runs in dir, since the new owner may not enter the folder that the tests run in.
func command(dir string, owner *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	return cmd
}
