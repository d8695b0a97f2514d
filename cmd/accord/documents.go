package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"accord/internal/blob"
	"accord/internal/clamd"
)

// checkDocuments checks the settings of where documents are kept and who scans
// them.
func (c *config) checkDocuments() error {
	if c.ClamAV != "" {
		if err := clamd.Daemon(c.ClamAV).Check(); err != nil {
			return fmt.Errorf("ACCORD_CLAMAV is %q; %w", c.ClamAV, err)
		}
	}
	if err := c.checkCleartext(); err != nil {
		return err
	}
	if c.RequireScan && c.ClamAV == "" {
		return errors.New("ACCORD_REQUIRE_SCAN is set, and no scanner; name one with ACCORD_CLAMAV")
	}
	if _, err := c.s3Private(); err != nil {
		return err
	}
	if c.S3Endpoint == "" && c.S3Bucket != "" {
		return errors.New("ACCORD_S3_BUCKET is set, and not where it is; set ACCORD_S3_ENDPOINT, such as https://s3.example.org")
	}
	given := c.S3Bucket != "" && c.S3KeyIDFile != "" && c.S3SecretFile != ""
	if c.S3Endpoint != "" && !given {
		return errors.New("ACCORD_S3_ENDPOINT is set; set ACCORD_S3_BUCKET, ACCORD_S3_KEY_ID_FILE and ACCORD_S3_SECRET_FILE too")
	}
	return nil
}

// checkCleartext refuses to send files in the clear to another machine, unless that
// is said in so many words: a scanner is sent them as they are, and to S3 goes when
// and how much of them.
func (c *config) checkCleartext() error {
	if c.Cleartext {
		return nil
	}
	if at, ok := strings.CutPrefix(c.ClamAV, "tcp:"); ok {
		if host, _, err := net.SplitHostPort(at); err != nil || !isHere(host) {
			return fmt.Errorf("ACCORD_CLAMAV is %q, which would be sent files unencrypted; name a scanner on this machine, or set ACCORD_ALLOW_CLEARTEXT for a network that nobody else is on", c.ClamAV)
		}
	}
	if u, err := url.Parse(c.S3Endpoint); err == nil && u.Scheme == "http" && !isHere(u.Hostname()) {
		return fmt.Errorf("ACCORD_S3_ENDPOINT is %q, which would be reached unencrypted; write https://, or set ACCORD_ALLOW_CLEARTEXT for a network that nobody else is on", c.S3Endpoint)
	}
	return nil
}

func (c *config) s3Private() (out []netip.Prefix, err error) {
	for _, word := range strings.FieldsFunc(c.S3Private, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(word)
		if err != nil {
			return nil, fmt.Errorf("ACCORD_S3_PRIVATE is %q; write ranges with commas between, such as 10.0.0.0/8", c.S3Private)
		}
		out = append(out, p)
	}
	return out, nil
}

// blobs opens what keeps the contents of documents: the service that is named, or
// a folder beside the embedded database.
func (c *config) blobs(ctx context.Context) (blob.Store, error) {
	if c.S3Endpoint == "" {
		local, err := blob.OpenLocal(filepath.Join(c.Data, "documents"))
		if err != nil {
			return nil, fmt.Errorf("ACCORD_DATA is %q, where documents can't be kept; name a folder that can be written: %w", c.Data, err)
		}
		return local, nil
	}
	o := blob.S3Options{Endpoint: c.S3Endpoint, Bucket: c.S3Bucket, Region: c.S3Region, PathStyle: c.S3PathStyle}
	o.Private, _ = c.s3Private() // checked
	for _, secret := range []struct {
		name, file string
		into       *string
	}{{"ACCORD_S3_KEY_ID_FILE", c.S3KeyIDFile, &o.KeyID}, {"ACCORD_S3_SECRET_FILE", c.S3SecretFile, &o.Secret}} {
		text, err := os.ReadFile(secret.file)
		if err != nil {
			return nil, fmt.Errorf("%s is %q, which can't be read: %w", secret.name, secret.file, err)
		}
		if *secret.into = strings.TrimSpace(string(text)); *secret.into == "" {
			return nil, fmt.Errorf("%s is %q, which is empty; write the key into it", secret.name, secret.file)
		}
	}
	s3, err := blob.OpenS3(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("ACCORD_S3_ENDPOINT is %q, which can't be used: %w", c.S3Endpoint, err)
	}
	return s3, nil
}
