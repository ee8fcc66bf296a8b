// mustache, templates: without logic.
const Mustache = require('mustache');

exports.lambda = async () => ({
  'sections': [Mustache.render('{{#a}}[{{b}}]{{/a}}{{^c}}no{{/c}}', { a: [{ b: 1 }, { b: 2 }] }), '[1][2]no'],
  'escapes': [Mustache.render('{{a}}{{{a}}}', { a: '<' }), '&lt;<'],
  'partials': [Mustache.render('{{> p}}!', { n: 'Ada' }, { p: 'Hi {{n}}' }), 'Hi Ada!'],
  'functions': [Mustache.render('{{#b}}x{{/b}}', { b: () => (text, render) => `<b>${render(text)}</b>` }), '<b>x</b>'],
});
