package api_test

import (
	"accord/domain"
)

// advisor seeds an advisor.
func (w *world) advisor() domain.AdvisorID { return domain.AdvisorID(w.system().NewID()) }
