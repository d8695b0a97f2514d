package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
)

// public lets anyone between keep an answer that everyone gets, for a while.
func public(c echo.Context) {
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
}

// GetStrategy answers with the office's strategy.
func (s *Server) GetStrategy(c echo.Context) error {
	public(c)
	st := domain.OfficeStrategy()
	out := openapi.Strategy{Title: st.Title, ApprovedOn: string(st.Approved), UpdatedOn: string(st.Updated)}
	for _, g := range st.Goals {
		goal := openapi.Goal{Number: g.Number, Title: g.Title, Description: g.Description}
		for _, o := range g.Objectives {
			goal.Objectives = append(goal.Objectives, openapi.Objective{Code: o.Code, Title: o.Title, Justification: o.Justification})
		}
		out.Goals = append(out.Goals, goal)
	}
	return answerJSON(c, http.StatusOK, out)
}

// ListCountries answers with every country.
func (s *Server) ListCountries(c echo.Context) error {
	return showList(c, domain.Countries(), func(x domain.Country) openapi.Country {
		return openapi.Country{Code: x.Code, Alpha3: x.Alpha3, Name: x.Name}
	})
}

// ListCurrencies answers with every currency.
func (s *Server) ListCurrencies(c echo.Context) error {
	return showList(c, domain.Currencies(), func(x domain.Currency) openapi.Currency {
		return openapi.Currency{Code: x.Code, Name: x.Name, MinorUnits: x.MinorUnits}
	})
}

// ListLanguages answers with every language.
func (s *Server) ListLanguages(c echo.Context) error {
	return showList(c, domain.Languages(), func(x domain.Language) openapi.Code {
		return openapi.Code{Code: x.Code, Label: x.Name}
	})
}

func showList[T, J any](c echo.Context, in []T, as func(T) J) error {
	public(c)
	out := pageJSON[J]{Items: make([]J, len(in))}
	for i, x := range in {
		out.Items[i] = as(x)
	}
	return answerJSON(c, http.StatusOK, out)
}

// ListCodes answers with the words that records are marked with.
func (s *Server) ListCodes(c echo.Context) error {
	public(c)
	return answerJSON(c, http.StatusOK, openapi.CodeLists{
		OrganizationTypes: codes(domain.OrganizationTypes(), plainLabel),
		Pillars:           codes(domain.Pillars(), plainLabel),
		TraffickingTypes:  codes(domain.TraffickingTypes(), plainLabel),
		Topics:            codes(domain.Topics(), domain.Topic.Label),
		EngagementKinds:   codes(domain.EngagementKinds(), plainLabel),
		InitiativeStages:  codes(domain.InitiativeStages(), plainLabel),
	})
}

func codes[S ~string](in []S, label func(S) string) []openapi.Code {
	out := make([]openapi.Code, len(in))
	for i, x := range in {
		out[i] = openapi.Code{Code: string(x), Label: label(x)}
	}
	return out
}

// plainLabel reads a code as words: "site_visit" is "Site visit".
func plainLabel[S ~string](code S) string {
	words := strings.ReplaceAll(string(code), "_", " ")
	if words == "ngo" {
		return "NGO"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
