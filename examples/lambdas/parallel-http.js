// Asks for several articles at once: the requests are in flight together.
async function lambda(input, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  const httpClient = Toolbelt.HTTPClient();

  try {
    const articles = await Promise.all(
      input.payload.ids.map(id => httpClient(`https://shop.example.com/articles/${id}`, { json: true }))
    );
    callback(null, articles.map(article => article.name));
  } catch (error) {
    callback(error, null);
  }
}
