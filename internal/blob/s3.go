package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"accord/internal/egress"
)

// S3Options say where a service is that speaks S3, and what opens it.
type S3Options struct {
	// Endpoint is its address: https://s3.example.org.
	Endpoint string
	Bucket   string
	Region   string
	KeyID    string
	Secret   string
	// PathStyle puts the bucket into the path instead of the host's name.
	PathStyle bool
	// Private are the networks and addresses, other than public ones, that the
	// endpoint's name may lead to. Without any, a private address is refused.
	Private []netip.Prefix
}

// S3 is a Store in a bucket.
type S3 struct {
	client *minio.Client
	core   minio.Core
	bucket string
}

// OpenS3 connects to a bucket, which must be there.
func OpenS3(ctx context.Context, o S3Options) (*S3, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("blob: the endpoint is written https://host, without a path")
	}
	style := minio.BucketLookupDNS
	if o.PathStyle {
		style = minio.BucketLookupPath
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.KeyID, o.Secret, ""), Secure: u.Scheme == "https", Region: o.Region,
		BucketLookup: style, Transport: egress.Transport(o.Private),
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	there, err := client.BucketExists(ctx, o.Bucket)
	if err != nil {
		return nil, fmt.Errorf("blob: the bucket can't be reached: %w", err)
	}
	if !there {
		return nil, fmt.Errorf("blob: there is no bucket %q", o.Bucket)
	}
	return &S3{client, minio.Core{Client: client}, o.Bucket}, nil
}

// partSize is how much of a content is sent, and held in memory, at a time; a
// content has up to 10,000 parts.
const partSize = 8 << 20

// Put sends a content in parts; the service shows it once all are there.
func (s *S3) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	info, err := s.client.PutObject(ctx, s.bucket, name, under{ctx, r}, -1, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, DisableContentSha256: false,
	})
	if err != nil {
		return 0, fmt.Errorf("blob: %w", err)
	}
	return info.Size, nil
}

// Get asks for a part of a content.
func (s *S3) Get(ctx context.Context, name string, from, length int64) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	if length <= 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err := o.SetRange(from, from+length-1); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, name, o)
	switch minio.ToErrorResponse(err).StatusCode {
	case http.StatusNotFound:
		return nil, ErrNotFound
	case http.StatusRequestedRangeNotSatisfiable:
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return body, nil
}

// Delete removes the object.
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Old lists the bucket, and ends the uploads to it that were given up.
func (s *S3) Old(ctx context.Context, before time.Time, fn func(string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("blob: %w", o.Err)
		}
		if !o.LastModified.Before(before) || checkName(o.Key) != nil {
			continue
		}
		if err := fn(o.Key); err != nil {
			return err
		}
	}
	return s.dropUnfinished(ctx, before)
}

func (s *S3) dropUnfinished(ctx context.Context, before time.Time) error {
	for u := range s.client.ListIncompleteUploads(ctx, s.bucket, "", true) {
		if u.Err != nil {
			return fmt.Errorf("blob: %w", u.Err)
		}
		if !u.Initiated.Before(before) || checkName(u.Key) != nil {
			continue
		}
		if err := s.core.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID); err != nil {
			return fmt.Errorf("blob: %w", err)
		}
	}
	return nil
}
