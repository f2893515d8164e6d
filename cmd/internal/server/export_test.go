package server

// Taken gives how many bytes of the memory that callers share are taken: by large bodies, by those of them that are worked on, and by answers.
func (s *Server) Taken() (bodies, working, answers int64) {
	of := func(p *pool) int64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.used
	}
	return of(s.bodies), of(s.working), of(s.answers)
}
