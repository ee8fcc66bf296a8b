// Best practices, "OAuth 2.0". Repaired: the URLs have a scheme; `hpptClient` is `httpClient`; the
// header carries `token.access_token`, not the whole object; the caller gets the response, not the token.
async function lambda(input, callback) {
  const { Toolbelt } = require("lp-faas-toolbelt");
  const httpClient = Toolbelt.HTTPClient(); 
  const secretClient = Toolbelt.SecretClient();

  try {
    const authUrl = 'https://www.mywebsite.com/auth';
    const URL = 'https://www.mywebsite.com/request';

    // Get clientId and clientSecret from secret storage
    const client_id = await secretClient.readSecret('clientId');
    const client_secret = await secretClient.readSecret('clientSecret');

    // Obtain the token from the authorization server
    const token = await httpClient(authUrl, {
        method: 'POST',
        form: {
            client_id: client_id.value,
            client_secret: client_secret.value,
            grant_type: 'client_credentials'
        },
        json: true,
        simple: true,
        resolveWithFullResponse: false
    })

    // Perform request with token (type may change) to the resource server
    const response = await httpClient(URL, {
      method: "GET", 
      headers: {
        'Authorization': `Bearer ${token.access_token}`,
      },
      simple: false,
      resolveWithFullResponse: true
    });
    
    callback(null, response);
  } catch (err) {
    callback(err, null)
  }
}
