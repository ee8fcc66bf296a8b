// Best practices, "Working with Context Session Store": save. Repaired: the placeholder body is
// the payload's properties.
async function lambda(input, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  const HttpClient = Toolbelt.HTTPClient();
  const SecretStorage = Toolbelt.SecretClient();

  // Uses the default sessionId "__default__"
  // For a specific session the url have to be "../faas-demo-namespace/{sessionId}/properties"
  const mavenApi = `https://z1.context.liveperson.net/v1/account/${process.env['accountId']}/faas-demo-namespace/properties`;

  // Data you want to save
  const body = {
    ...input.payload.properties,
  };

  try {
    // Get your maven-api-key from the secret storage
    const mavenApiKey = await SecretStorage.readSecret('mavenApiKey');

    // Perform the request to the Context Session Storage and pass a body
    await HttpClient(mavenApi, {
      method: 'PATCH',
      headers: {
        'maven-api-key': mavenApiKey.value,
      },
      simple: false,
      json: true,
      resolveWithFullResponse: false,
      body,
    });

    callback(null, null);
  } catch (error) {
    callback(error, null);
  }
}
