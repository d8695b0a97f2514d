package repository

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"accord/domain"
	"accord/internal/dbtest"
)

// TestTheGuardRefusesWhatHasNoReach tries every kind of statement as code would
// write it that forgot the policy.
func TestTheGuardRefusesWhatHasNoReach(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		o := b.organization("Guarded")
		var rows []domain.Organization
		var names []string
		var n int64
		for name, statement := range map[string]func(*gorm.DB) error{
			"find":  func(db *gorm.DB) error { return db.Find(&rows).Error },
			"first": func(db *gorm.DB) error { return db.First(&domain.Organization{}).Error },
			"scan":  func(db *gorm.DB) error { return db.Model(&domain.Organization{}).Scan(&rows).Error },
			"count": func(db *gorm.DB) error { return db.Model(&domain.Organization{}).Count(&n).Error },
			"pluck": func(db *gorm.DB) error { return db.Model(&domain.Organization{}).Pluck("legal_name", &names).Error },
			"table": func(db *gorm.DB) error { return db.Table("organizations").Find(&rows).Error },
			"rows":  func(db *gorm.DB) error { _, err := db.Model(&domain.Organization{}).Rows(); return err },
			"row": func(db *gorm.DB) error {
				return db.Model(&domain.Organization{}).Select("legal_name").Limit(1).Find(&names).Error
			},
			"raw":     func(db *gorm.DB) error { return db.Raw("SELECT * FROM organizations").Scan(&rows).Error },
			"exec":    func(db *gorm.DB) error { return db.Exec("DELETE FROM contacts").Error },
			"create":  func(db *gorm.DB) error { return db.Create(&domain.Organization{}).Error },
			"save":    func(db *gorm.DB) error { return db.Save(o).Error },
			"update":  func(db *gorm.DB) error { return db.Model(o).Update("legal_name", "X").Error },
			"delete":  func(db *gorm.DB) error { return db.Delete(o).Error },
			"preload": func(db *gorm.DB) error { return db.Set(reachKey, true).Preload("Contacts").Find(&rows).Error },
			"joins": func(db *gorm.DB) error {
				return db.Set(reachKey, true).Joins("JOIN contacts ON true").Find(&rows).Error
			},
		} {
			for pool, db := range map[string]*gorm.DB{"read": b.read, "write": b.write} {
				if err := statement(db.WithContext(t.Context())); !errors.Is(err, errNoReach) {
					t.Errorf("%s on the %s pool: %v", name, pool, err)
				}
			}
		}
		if got := b.count("SELECT count(*) FROM organizations WHERE legal_name = 'Guarded'"); got != 1 {
			t.Errorf("%d organizations", got)
		}
	})
}

// TestNoConditionReachesPastTheDerivedTable adds, as a partner, the conditions
// that would undo a reach written as a condition.
func TestNoConditionReachesPastTheDerivedTable(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own := b.organization("Own")
		b.organization("Another's")
		s := b.As(domain.Actor{Account: "a", Role: domain.Partner, Organization: own.ID})
		within := func() *gorm.DB { return s.Organizations.within(t.Context(), domain.ReadOrganization) }
		for name, q := range map[string]*gorm.DB{
			"or":            within().Where("legal_name = ?", "Own").Or("1 = 1"),
			"or first":      within().Or("1 = 1"),
			"or in text":    within().Where("legal_name = 'x' OR 1 = 1"),
			"not":           within().Not("legal_name = ?", "x"),
			"table's name":  within().Where("organizations.legal_name IS NOT NULL"),
			"scopes":        within().Scopes(func(db *gorm.DB) *gorm.DB { return db.Or("1 = 1") }),
			"union by hand": within().Where("1 = 1) OR (1 = 1"),
		} {
			var rows []domain.Organization
			if err := q.Find(&rows).Error; err != nil {
				continue // refused is as good
			}
			for _, r := range rows {
				if r.ID != own.ID {
					t.Errorf("%s reaches %s", name, r.LegalName)
				}
			}
		}
		for _, nobody := range []domain.Actor{{Role: domain.Partner}, {Account: "a"}, {}} {
			if _, err := b.As(nobody).Organizations.Get(t.Context(), own.ID); !errors.Is(err, domain.NotFound) {
				t.Errorf("%+v reads it: %v", nobody, err)
			}
		}
	})
}

func TestAChangeHasAnEvent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		o := b.organization("Silent")
		_, err := b.system().Organizations.Update(t.Context(), domain.EditOrganization, o.ID, nil, func(_ *Session, o *domain.Organization) error {
			o.LegalName = "Changed behind everyone's back"
			return nil
		})
		if err == nil || b.count("SELECT count(*) FROM organizations WHERE legal_name = 'Silent' AND version = 1") != 1 {
			t.Errorf("a change without an event: %v", err)
		}
	})
}

func TestAnotherVersionIsNotOverwritten(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		o := b.organization("Versioned")
		err := b.system().Tx(t.Context(), func(tx *Session) error {
			v, err := tx.Organizations.in(tx).Get(t.Context(), o.ID)
			must(t, err)
			must(t, tx.mechanism(t.Context()).Exec("UPDATE organizations SET version = version + 1 WHERE id = ?", o.ID).Error)
			return tx.Organizations.in(tx).save(t.Context(), domain.EditOrganization, v)
		})
		if !errors.Is(err, domain.Stale) {
			t.Errorf("saved over another version: %v", err)
		}
	})
}

func TestTheAuditTrailIsAppendOnly(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.organization("Audited")
		before := b.count("SELECT count(*) FROM audit_entries")
		b.refuses("UPDATE audit_entries SET note = 'x'", "DELETE FROM audit_entries", "UPDATE audit_entries SET event = event WHERE 1 = 0 OR id IS NOT NULL")
		b.refuses(dbtest.Overwriting(b.dsn, "audit_entries", "id", "at, actor, role, event, record_kind, record, record_version, note, request, seal")...)
		if after := b.count("SELECT count(*) FROM audit_entries WHERE note <> 'x'"); after != before || before == 0 {
			t.Errorf("%d entries, were %d", after, before)
		}
	})
}

// refuses tries statements that the database's own triggers must not let through.
func (b *bench) refuses(statements ...string) {
	b.Helper()
	for _, s := range statements {
		if err := b.write.Set(reachKey, true).Exec(s).Error; err == nil || !strings.Contains(err.Error(), "append-only") {
			b.Errorf("%s: %v", s, err)
		}
	}
}

func TestSearchFoldsCaseAndAccents(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.organization("Ångström Café Naïve AG")
		b.organization("IT Services for Refugees")
		for query, want := range map[string]int{
			"angstrom": 1, "ÅNGSTRÖM": 1, "café": 1, "CAFE": 1, "naive cafe": 1, "cafe\u0301": 1, "service": 1, "refugee": 1, "it": 1, "for": 1,
			"cafe zebra": 0, "ang": 0, "zebra": 0, "***": 0, `"`: 0, "NOT cafe": 0, "cafe OR zebra": 0, "NEAR(cafe naive)": 0, "body:cafe": 0, "' OR 1=1": 0,
		} {
			rows, err := b.system().Organizations.List(t.Context(), OrganizationFilter{}, Page{Limit: 10, Query: query})
			if err != nil || len(rows.Items) != want {
				t.Errorf("%q finds %d, %v; want %d", query, len(rows.Items), err, want)
			}
		}
	})
}
