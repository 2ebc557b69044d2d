"""Who is asking and how we answer: sign-in, sessions, the JSON edge, problem documents, the terminal."""
