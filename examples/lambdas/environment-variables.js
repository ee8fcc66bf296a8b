// Best practices, "Usage of Environment Variables". As the seed has it.
async function lambda(input, callback) {
  const { Toolbelt } = require("lp-faas-toolbelt");
  const httpClient = Toolbelt.HTTPClient();

  try {
    const response = await httpClient(process.env['CUSTOMER_URL'], {
      method: "GET", 
      headers: {}, 
      simple: false,
      resolveWithFullResponse: true
    });
      
    const { statusCode, body } = response;
    if(statusCode === 200) {
      callback(null, process.env['SUCCESS_MESSAGE']);
    } else {
      callback(null, process.env['ERROR_MESSAGE']);
    }
  } catch (err) {
    callback(err, null)
  }
}
