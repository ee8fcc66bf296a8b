// pug, templates: HTML by indentation.
const pug = require('pug');

exports.lambda = async () => ({
  'tags': [pug.render('ul#l\n  each n in list\n    li.x(data-n=n)= n', { list: [1, '<'] }), '<ul id="l"><li class="x" data-n="1">1</li><li class="x" data-n="&lt;">&lt;</li></ul>'],
  'mixins': [pug.render('mixin b(t)\n  b= t\n+b("x")'), '<b>x</b>'],
});
