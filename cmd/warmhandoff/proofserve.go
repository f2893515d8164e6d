package main

// proofServe is the server that proofs start: serve, with what makes it a worse one, so that a proof can be seen to fail.
type proofServe struct {
	serve
	ProofClock  string `name:"clock" help:"A file with an offset that is added to the machine's clock, for proofs of what a clock that is set wrong does." placeholder:"FILE" env:"-"`
	Synchronous string `help:"How a file is synced; anything but FULL loses acknowledged writes, which proofs must be able to see." default:"FULL" enum:"FULL,NORMAL,OFF" env:"-"`
	Unlimited   bool   `help:"Without budgets." env:"-"`
}

// Run serves.
func (s *proofServe) Run(p *program) error {
	s.serve.clock, s.serve.synchronous, s.serve.unlimited = s.ProofClock, s.Synchronous, s.Unlimited
	return s.serve.Run(p)
}
