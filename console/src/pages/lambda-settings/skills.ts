// For which conversations is it? The skills of a lambda, as a text with one a line.

const SKILLS_MAX = 500;
const CHARS_MAX = 100;

/** The skills in a text, one a line or with commas between. */
export function skillsIn(text: string): string[] {
  const skills = text.split(/[\n,]/).map((skill) => skill.trim());
  return [...new Set(skills.filter((skill) => skill !== ''))];
}

/** What is wrong with them, or nothing. */
export function skillsProblem(skills: readonly string[]): string | undefined {
  if (skills.length > SKILLS_MAX)
    return `At most ${SKILLS_MAX} skills; these are ${skills.length}.`;
  const long = skills.find((skill) => [...skill].length > CHARS_MAX);
  return long && `A skill has at most ${CHARS_MAX} characters: ${long.slice(0, 20)}…`;
}
