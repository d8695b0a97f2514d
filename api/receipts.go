package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/receipt"
	"accord/openapi"
	"accord/repository"
)

// SubmitAnonymously takes a submission from nobody. Whoever is signed in while
// sending it is not noted; but an organization that may not know of the
// consultation finds none.
func (s *Server) SubmitAnonymously(c echo.Context, id openapi.ID) error {
	of := domain.ConsultationID(id)
	if _, err := s.as(c).Consultations.Joinable(ctx(c), domain.JoinAnonymously, of); err != nil {
		return err
	}
	in, err := bind[openapi.AnonymousSubmission](c)
	if err != nil {
		return err
	}
	code := receipt.NewCode()
	holder, err := s.holder(c, code)
	if err != nil {
		return err
	}
	var v *domain.Submission
	err = holder.Tx(ctx(c), func(tx *repository.Session) error {
		consultation, err := tx.As(actor(c)).Consultations.Joinable(ctx(c), domain.JoinAnonymously, of)
		if err != nil {
			return err
		}
		if v, err = domain.NewAnonymousSubmission(consultation, tx.Actor().Receipt, answers(in.Answers), tx.Now()); err != nil {
			return err
		}
		return tx.Receipts.Create(ctx(c), domain.CreateReceipt, v)
	})
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, openapi.IssuedReceipt{
		Code: code.Reveal(), ConsultationID: string(v.Consultation), ReceivedOn: string(v.ReceivedOn),
		Receipt: s.receiptJSON(v.Consultation, v.Number, v.ReceivedOn, v.Content),
	})
}

// holder is the store as the holder of a receipt reaches it: nobody else's
// account, whoever is signed in.
func (s *Server) holder(c echo.Context, code receipt.Code) (*repository.Session, error) {
	hash, err := s.store.ReceiptHash(code)
	if err != nil {
		return nil, err
	}
	return s.as(c).As(domain.Actor{Role: domain.Anyone, Receipt: hash}), nil
}

// opened is what a typed receipt code opens, and the store as its holder
// reaches it.
func (s *Server) opened(c echo.Context, typed string) (*repository.Session, *domain.Submission, error) {
	code, err := receipt.ParseCode(typed)
	if err != nil {
		return nil, nil, (domain.Faults{{Pointer: "/code", Code: "invalid", Detail: err.Error()}}).Err()
	}
	holder, err := s.holder(c, code)
	if err != nil {
		return nil, nil, err
	}
	v, err := holder.Receipts.ByReceipt(ctx(c))
	return holder, v, err
}

// ReadReceipt answers with what a receipt opens.
func (s *Server) ReadReceipt(c echo.Context) error {
	in, err := bind[openapi.ReceiptCode](c)
	if err != nil {
		return err
	}
	holder, v, err := s.opened(c, in.Code)
	if err != nil {
		return err
	}
	return s.showReceipt(c, http.StatusOK, holder, v)
}

// AmendReceipt replaces the answers.
func (s *Server) AmendReceipt(c echo.Context) error {
	in, err := bind[openapi.ReceiptAmendment](c)
	if err != nil {
		return err
	}
	holder, v, err := s.opened(c, in.Code)
	if err != nil {
		return err
	}
	v, err = holder.Receipts.Update(ctx(c), domain.AmendReceipt, v.ID, nil, func(tx *repository.Session, v *domain.Submission) error {
		if v.Standing() && v.Number != in.Number {
			return domain.Refuse(domain.Conflict, "version %d is not the latest; read it again", in.Number)
		}
		consultation, err := tx.Consultations.Of(ctx(c), v.Consultation)
		if err != nil {
			return err
		}
		return v.Amend(consultation, answers(in.Answers), tx.Now())
	})
	if err != nil {
		return err
	}
	return s.showReceipt(c, http.StatusOK, holder, v)
}

// WithdrawReceipt takes the submission back.
func (s *Server) WithdrawReceipt(c echo.Context) error {
	in, err := bind[openapi.ReceiptCode](c)
	if err != nil {
		return err
	}
	holder, v, err := s.opened(c, in.Code)
	if err != nil {
		return err
	}
	v, err = holder.Receipts.Update(ctx(c), domain.WithdrawReceipt, v.ID, nil,
		func(_ *repository.Session, v *domain.Submission) error { return v.Withdraw() })
	if err != nil {
		return err
	}
	return s.showReceipt(c, http.StatusOK, holder, v)
}

// SendReceiptMessage says something to the office.
func (s *Server) SendReceiptMessage(c echo.Context) error {
	in, err := bind[openapi.ReceiptMessage](c)
	if err != nil {
		return err
	}
	holder, v, err := s.opened(c, in.Code)
	if err != nil {
		return err
	}
	if _, err := holder.ReceiptMessages.Send(ctx(c), domain.WriteReceipt, holder.Receipts, v.ID, in.Text); err != nil {
		return err
	}
	return s.showReceipt(c, http.StatusCreated, holder, v)
}

// showReceipt answers with a submission as its receipt's holder sees it: with
// the talk about it and what became of it.
func (s *Server) showReceipt(c echo.Context, status int, holder *repository.Session, v *domain.Submission) error {
	messages, err := holder.ReceiptMessages.Of(ctx(c), v.ID)
	if err != nil {
		return err
	}
	responses, err := holder.Responses.To(ctx(c), v.ID)
	if err != nil {
		return err
	}
	out := openapi.ReceiptView{
		ConsultationID: string(v.Consultation), Stage: v.Stage.String(), Number: v.Number, ReceivedOn: string(v.ReceivedOn),
		WithheldReason: v.WithheldReason, Messages: make([]openapi.Message, len(messages)),
		Responses: answerResponsesJSON(responses), Next: []string{},
	}
	for i := range messages {
		out.Messages[i] = messageJSON(actor(c), &messages[i])
	}
	for _, act := range v.NextByReceipt() {
		out.Next = append(out.Next, act.Verb())
	}
	slices.Sort(out.Next)
	if v.Content != nil {
		r := s.receiptJSON(v.Consultation, v.Number, v.ReceivedOn, v.Content)
		out.Answers, out.Receipt = answersJSON(v.Content.Answers), &r
	}
	return answerJSON(c, status, out)
}

// VerifyReceipt tells whether this server signed a statement. It looks nothing
// up, so it tells nothing else.
func (s *Server) VerifyReceipt(c echo.Context) error {
	in, err := bind[openapi.ReceiptStatement](c)
	if err != nil {
		return err
	}
	st, err := s.receipts.Verify(in.Statement)
	if err != nil {
		return answerJSON(c, http.StatusOK, openapi.ReceiptCheck{})
	}
	out := openapi.ReceiptCheck{Valid: true, ConsultationID: st.Consultation, Number: st.Number, ReceivedOn: st.ReceivedOn, Sha256: st.SHA256}
	if in.Content != "" {
		matches := receipt.Digest([]byte(in.Content)) == st.SHA256
		out.ContentMatches = &matches
	}
	return answerJSON(c, http.StatusOK, out)
}

// GetReceiptKeys answers with the key by which anyone can check a statement.
func (s *Server) GetReceiptKeys(c echo.Context) error {
	public(c)
	return answerJSON(c, http.StatusOK, map[string]any{"keys": []receipt.Key{s.receipts.PublicKey()}})
}
