package password

import "sync/atomic"

var preferred atomic.Int32

// Prefer makes s the scheme of this process. It is for its start: what an office
// is bound to is set once.
func Prefer(s Scheme) { preferred.Store(int32(s)) }

// Preferred is the scheme by which this process hashes; Argon2id unless Prefer
// said otherwise.
func Preferred() Scheme { return Scheme(preferred.Load()) }
