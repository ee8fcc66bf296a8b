// User guide, "HTTP". Repaired: `==>` is `=>`; it stands in a lambda that calls back, also when the
// request fails.
function lambda(input, callback) {
	const { Toolbelt } = require("lp-faas-toolbelt");
	//Obtain an HTTPClient instance from the Toolbelt
	const httpClient = Toolbelt.HTTPClient(); // For API Docs look @ https://www.npmjs.com/package/request-promise

	const URL = "https://fancycssl.hbeock.de/";

	httpClient(URL, {
		method: "GET", //HTTP VERB
		headers: {}, //Your Headers
		simple: false, //IF true => Status Code != 2xx & 3xx will throw
		resolveWithFullResponse: true //IF true => Includes Status Code, Headers etc.
	})
		.then(response => {
			callback(null, response.statusCode);
		})
		.catch(error => callback(error, null));
}
