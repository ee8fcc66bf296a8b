// What does the console know of a failure? One kind of error, whatever form the server gave it.

/** A request that did not do what it was for, in words for people. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** What happened, as a sentence. */
    message: string,
    /** For programs: `com.liveperson.faas.…`; empty when the server gave none. */
    readonly code = '',
    /** What else the server said, as it said it. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

const WITHOUT_WORDS: Readonly<Record<number, string>> = {
  401: 'You are not signed in any more. Sign in again.',
  403: 'Your permissions do not allow this. An administrator can change them under Settings, Users.',
  404: 'This does not exist, or not any more.',
  409: 'Somebody else changed this in the meantime. Load it again, then make your change.',
  413: 'This is larger than the server takes.',
  429: 'The server is busy. Wait a moment, then try again.',
  503: 'The server is stopping or not ready yet. Try again in a moment.',
};

/** Makes a problem of what a server answered: RFC 9457, or one of the platform's two forms. */
export function problemOf(status: number, body: unknown): Problem {
  const said = isRecord(body) ? body : {};
  const words = ['detail', 'errorMsg', 'message', 'title'].map((name) => said[name]);
  const text = words.find((word): word is string => typeof word === 'string' && word !== '');
  const codes = [said['errorCode'], said['code']];
  const code = codes.find((code): code is string => typeof code === 'string') ?? '';
  const fallback = WITHOUT_WORDS[status] ?? `The server answered with status ${status}.`;
  return new Problem(status, text === undefined ? fallback : sentence(text), code, said);
}

/** Makes a problem of what was thrown on the way to the server. */
export function problemFrom(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) {
    return new Problem(0, 'The server does not answer. Is it running? Try again in a moment.');
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem(0, sentence(text));
}

/** The server writes fragments: lowercase, without a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const first = trimmed.charAt(0);
  // A word like `url` or `liveVersion` stays what it is.
  const isWord = /^[a-z]+[\s,']/.test(trimmed);
  const begun = isWord ? first.toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?:…]$/.test(begun) ? begun : `${begun}.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
