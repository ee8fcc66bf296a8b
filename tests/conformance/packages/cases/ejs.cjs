// ejs, templates: JavaScript between signs.
const ejs = require('ejs');

exports.lambda = async () => ({
  'loops': [ejs.render('<% for (const n of list) { %>[<%= n %>]<% } %>', { list: [1, '<'] }), '[1][&lt;]'],
  'raw': [ejs.render('<%- html %>', { html: '<b>' }), '<b>'],
  'awaits': [await ejs.render('<%= await n %>', { n: Promise.resolve(5) }, { async: true }), '5'],
});
