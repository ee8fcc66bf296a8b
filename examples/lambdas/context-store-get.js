// Best practices, "Working with Context Session Store": get. As the seed has it.
async function lambda(input, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  const HttpClient = Toolbelt.HTTPClient();
  const SecretStorage = Toolbelt.SecretClient();

  // Uses the default sessionId "__default__"
  // For a specific session the url have to be "../faas-demo-namespace/{{sessionId}}/properties"
  const mavenApi = `https://z1.context.liveperson.net/v1/account/${process.env['accountId']}/faas-demo-namespace/properties`;

  try {
    // Get your maven-api-key from the secret storage
    const mavenApiKey = await SecretStorage.readSecret('mavenApiKey');

    // Perform the request to access the Context Session Storage
    const response = await HttpClient(mavenApi, {
      method: 'GET',
      headers: {
        'maven-api-key': mavenApiKey.value,
      },
      simple: true,
      json: true,
      resolveWithFullResponse: false,
    });

    callback(null, response);
  } catch (error) {
    callback(error, null);
  }
}
