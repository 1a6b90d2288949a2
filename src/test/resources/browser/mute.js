// A shared worker that never answers.
