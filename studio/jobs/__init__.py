"""What can be asked for; each job is one function from a request to an iterator of events. No Qt."""
