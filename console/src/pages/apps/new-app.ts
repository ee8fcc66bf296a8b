// What is to be installed, and is it complete?

/** What the dialog asks for. */
export interface Wanted {
  name: string;
  description: string;
  /** For itself, or for people who sign in. */
  grant: 'client_credentials' | 'authorization_code';
  /** One a line. */
  redirects: string;
  isPublic: boolean;
}

/** What people call a grant. */
export function grantName(grant: string): string {
  switch (grant) {
    case 'client_credentials':
      return 'its own credentials';
    case 'authorization_code':
      return 'people who sign in';
    case 'refresh_token':
      return 'refresh tokens';
    default:
      return grant;
  }
}

export function redirectsOf({ redirects }: Wanted): string[] {
  return redirects
    .split(/\s+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What is wrong with the redirect URIs, as a sentence. */
export function redirectProblem(wanted: Wanted): string | undefined {
  if (wanted.grant === 'client_credentials') return undefined;
  const redirects = redirectsOf(wanted);
  if (redirects.length > 10) return 'An app has at most 10 redirect URIs.';
  const bad = redirects.find((text) => !URL.canParse(text) || text.includes('#'));
  return bad === undefined
    ? undefined
    : `${bad} is not an absolute address without a fragment, such as http://localhost:3000/callback.`;
}

/** Why it cannot be installed yet. */
export function missing(wanted: Wanted): string | undefined {
  if (wanted.name.trim() === '') return 'Give it a name first.';
  if (wanted.grant === 'authorization_code' && redirectsOf(wanted).length === 0)
    return 'Say where browsers may be sent back to.';
  return redirectProblem(wanted);
}

/** An installed app, as the dialog asks for it. */
export function wantedOf(app: {
  client_name: string;
  description: string;
  grant_types: readonly string[];
  redirect_uris: readonly string[];
  token_endpoint_auth_method: string;
}): Wanted {
  const code = app.grant_types.includes('authorization_code');
  return {
    name: app.client_name,
    description: app.description,
    grant: code ? 'authorization_code' : 'client_credentials',
    redirects: app.redirect_uris.join('\n'),
    isPublic: app.token_endpoint_auth_method === 'none',
  };
}

/** What may be changed of an installed app. */
export function changeOf(wanted: Wanted) {
  return {
    client_name: wanted.name.trim(),
    description: wanted.description.trim(),
    ...(wanted.grant === 'authorization_code' ? { redirect_uris: redirectsOf(wanted) } : {}),
  };
}

/** The body of the request (RFC 7591, section 2). */
export function bodyOf(wanted: Wanted) {
  const { name, description, grant, isPublic } = wanted;
  const code = grant === 'authorization_code';
  return {
    client_name: name.trim(),
    description: description.trim(),
    grant_types: [grant],
    redirect_uris: code ? redirectsOf(wanted) : [],
    ...(code && isPublic ? { token_endpoint_auth_method: 'none' } : {}),
  };
}
