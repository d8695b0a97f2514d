package repository

import (
	"errors"
	"strings"
	"testing"

	"accord/domain"
)

// TestAStatementIsToldWithoutItsValues reads and writes a value in every way that
// GORM has.
func TestAStatementIsToldWithoutItsValues(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const value = "a value that nobody is told"
		told := 0
		ctx := WithStatements(t.Context(), func(text string) {
			if told++; strings.Contains(text, value) {
				t.Errorf("tells %s", text)
			}
		})
		var rows []domain.Organization
		var names []string
		var n int64
		must(t, b.As(domain.Actor{Role: domain.System}).Tx(t.Context(), func(tx *Session) error {
			db := tx.mechanism(ctx)
			return errors.Join(
				db.Where("legal_name = ?", value).Find(&rows).Error,
				db.Model(&domain.Organization{}).Where("legal_name = ?", value).Count(&n).Error,
				db.Model(&domain.Organization{}).Where("legal_name = ?", value).Pluck("legal_name", &names).Error,
				db.Raw("SELECT legal_name FROM organizations WHERE legal_name = ?", value).Scan(&names).Error,
				db.Exec("UPDATE organizations SET legal_name = ? WHERE legal_name = ?", value, value).Error,
				db.Where("legal_name = ?", value).Delete(&domain.Organization{}).Error,
			)
		}))
		if told != 6 {
			t.Errorf("%d statements are told", told)
		}
	})
}
