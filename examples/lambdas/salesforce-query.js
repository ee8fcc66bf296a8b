// User guide, "Salesforce". Repaired: `Toolbet`; there is a lambda around the connection, and a query; jsforce
// has to know the instance, and of a refresh token the client that it belongs to; the result reaches the caller.
const { Toolbelt } = require('lp-faas-toolbelt');
const sfClient = Toolbelt.SFClient(); // for API docs look @ https://jsforce.github.io/

async function lambda(input, callback) {
	const secretClient = Toolbelt.SecretClient();

	try {
		const accessToken = await secretClient.readSecret("sfAccessToken");
		const refreshToken = await secretClient.readSecret("sfRefreshToken");
		const client = await secretClient.readSecret("sfClient");

		//This will establish a connection with SF. And leverage Access Token / Refresh Token to login
		const con = sfClient.connectToSalesforce({
			loginUrl: "https://test.salesforce.com",
			accessToken: accessToken.value, //Obtain it from Secret Store
			refreshToken: refreshToken.value, // Obtain it from Secret Store
			instanceUrl: "https://example.my.salesforce.com",
			oauth2: client.value
		});

		const query = "SELECT Id, Name FROM Contact LIMIT 1";
		con.query(query, function(err, queryResult) {
			callback(err, queryResult);
		});
	} catch (err) {
		callback(err, null);
	}
}
