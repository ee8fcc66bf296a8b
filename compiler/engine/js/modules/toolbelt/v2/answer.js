// What a service answered: its text, and the value where that is JSON.

export async function readAnswer(response) {
  const text = await response.text();
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    return { text };
  }
}

// How an answer that nobody expected is told.
export function unexpected(text, { status }) {
  return `${text}. Status Code: ${status}`;
}
