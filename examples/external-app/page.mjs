// What does a user of the app see?

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text) => text.replace(/[&<>"]/g, (one) => ENTITIES[one]);

const signedIn = (user) => `
    <p>Signed in as <code>${escaped(user)}</code></p>
    <form method="post" action="/invoke">
      <label>Name <input name="name" value="Ada"></label>
      <button>Invoke</button>
    </form>
    <form method="post" action="/logout"><button>Sign out</button></form>`;

/** The only page. */
export function page({ user, result, error }) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>External app</title>
    <style>body { font: 1rem/1.5 system-ui; margin: 3rem auto; max-width: 40rem } [role=alert] { color: #b00020 }</style>
  </head>
  <body>
    <h1>External app</h1>${user ? signedIn(user) : '\n    <p><a href="/login">Sign in</a></p>'}
    ${result === undefined ? '' : `<pre id="result">${escaped(result)}</pre>`}
    ${error === undefined ? '' : `<p role="alert">${escaped(error)}</p>`}
  </body>
</html>
`;
}
