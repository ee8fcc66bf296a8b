// Can this be a user? Said while typing; the server has the last word.

const PASSWORD_CHARS_MIN = 12;

/** What is wrong with a password, as a sentence. */
export function passwordProblem(password: string): string | undefined {
  const missing = PASSWORD_CHARS_MIN - [...password].length;
  if (missing <= 0) return undefined;
  return `At least 12 characters: ${missing} more.`;
}
